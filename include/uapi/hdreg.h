/* SPDX-License-Identifier: MIT */
/* HDIO_GETGEO: the geometry that a disk pretends to have. */
#ifndef _UAPI_HDREG_H
#define _UAPI_HDREG_H

#define HDIO_GETGEO 0x0301

struct hd_geometry {
	unsigned char heads;
	unsigned char sectors;
	unsigned short cylinders;
	unsigned long start;
};

#endif
