/* SPDX-License-Identifier: MIT */
/*
 * Included before everything in host builds: our own string functions get names of their own, so
 * that they do not replace the C library's (which the sanitizers watch) and can be tested beside
 * them.
 */
#ifndef LIB_TESTS_RENAME_H
#define LIB_TESTS_RENAME_H

#define memcpy	    keel_memcpy
#define memmove	    keel_memmove
#define memset	    keel_memset
#define memcmp	    keel_memcmp
#define memchr	    keel_memchr
#define memrchr	    keel_memrchr
#define memmem	    keel_memmem
#define strlen	    keel_strlen
#define strnlen	    keel_strnlen
#define strcmp	    keel_strcmp
#define strncmp	    keel_strncmp
#define strcasecmp  keel_strcasecmp
#define strncasecmp keel_strncasecmp
#define strchr	    keel_strchr
#define strchrnul   keel_strchrnul
#define strrchr	    keel_strrchr
#define strstr	    keel_strstr
#define strpbrk	    keel_strpbrk
#define strspn	    keel_strspn
#define strcspn	    keel_strcspn
#define strsep	    keel_strsep
#define strlcat	    keel_strlcat
#define strcpy	    keel_strcpy
#define vsnprintf   keel_vsnprintf
#define snprintf    keel_snprintf
#define sprintf	    keel_sprintf

#endif
