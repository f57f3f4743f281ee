// SPDX-License-Identifier: MIT

// A Go program for `make check-apps`: goroutines on several Ms, os/exec, os/signal, pipes, UNIX
// sockets, timers, files. Prints `ok NAME` for each part of the first round and `done`.
//
//	go-app [ROUNDS]
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func check(ok bool, what ...interface{}) {
	if !ok {
		panic(fmt.Sprintln(what...))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func goroutines() {
	var wg sync.WaitGroup
	var mutex sync.Mutex
	var hits int64
	total, ch := 0, make(chan int, 8)
	for i := 0; i < 200; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for j := 0; j < 50; j++ {
				atomic.AddInt64(&hits, 1)
				mutex.Lock()
				total++
				mutex.Unlock()
				if j%10 == 0 {
					runtime.Gosched()
				}
			}
			ch <- i
		}(i)
	}
	sum := 0
	for i := 0; i < 200; i++ {
		sum += <-ch
	}
	wg.Wait()
	check(total == 10000 && hits == 10000 && sum == 199*100, total, hits, sum)
	// Goroutines that block their thread in a system call, so that the runtime makes more of them.
	for i := 0; i < 20; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ts := syscall.NsecToTimespec(2e6)
			must(syscall.Nanosleep(&ts, nil))
		}()
	}
	wg.Wait()
	runtime.GC()
}

func commands() {
	out, err := exec.Command("sh", "-c", "echo $((6 * 7))").Output()
	must(err)
	check(string(out) == "42\n", string(out))
	var wg sync.WaitGroup
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			err := exec.Command("sh", "-c", "exit "+strconv.Itoa(i)).Run()
			if e, bad := err.(*exec.ExitError); bad {
				check(e.ExitCode() == i, e)
			} else {
				check(err == nil && i == 0, err, i)
			}
		}(i)
	}
	wg.Wait()
	cat := exec.Command("cat")
	text := strings.Repeat("keel", 50000)
	var back bytes.Buffer
	cat.Stdin, cat.Stdout = strings.NewReader(text), &back
	must(cat.Run())
	check(back.String() == text, back.Len())
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err = exec.CommandContext(ctx, "sleep", "100").Run()
	check(err != nil && ctx.Err() == context.DeadlineExceeded, err)
	_, err = exec.LookPath("no-such-program")
	check(err != nil)
}

func signals() {
	ch := make(chan os.Signal, 10)
	signal.Notify(ch, syscall.SIGUSR1, syscall.SIGWINCH)
	defer signal.Stop(ch)
	for i := 0; i < 20; i++ {
		for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGWINCH} {
			must(syscall.Kill(os.Getpid(), s))
			check(<-ch == s)
		}
	}
	defer func() {
		check(recover() != nil, "a nil pointer is no panic")
	}()
	var p *int
	*p = 1
}

func pipes() {
	r, w, err := os.Pipe()
	must(err)
	go func() {
		for i := 0; i < 5000; i++ {
			fmt.Fprintln(w, i)
		}
		w.Close()
	}()
	lines := bufio.NewScanner(r)
	n := 0
	for ; lines.Scan(); n++ {
		check(lines.Text() == strconv.Itoa(n), lines.Text())
	}
	check(n == 5000, n)
	r.Close()
	r, w, err = os.Pipe()
	must(err)
	must(r.SetReadDeadline(time.Now().Add(20 * time.Millisecond)))
	_, err = r.Read(make([]byte, 1))
	check(os.IsTimeout(err), err)
	r.Close()
	_, err = w.Write([]byte("x"))
	check(err != nil)
	w.Close()
}

func sockets(dir string) {
	name := filepath.Join(dir, "socket")
	l, err := net.Listen("unix", name)
	must(err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	var wg sync.WaitGroup
	for i := 0; i < 20; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			c, err := net.Dial("unix", name)
			must(err)
			text := strings.Repeat(strconv.Itoa(i), 3000*(i+1))
			go func() {
				io.WriteString(c, text)
				c.(*net.UnixConn).CloseWrite()
			}()
			back, err := io.ReadAll(c)
			must(err)
			check(string(back) == text, len(back))
			c.Close()
		}(i)
	}
	wg.Wait()
	l.Close()
}

func timers() {
	start := time.Now()
	var wg sync.WaitGroup
	for ms := 1; ms <= 30; ms++ {
		wg.Add(1)
		d := time.Duration(ms) * time.Millisecond
		go func() {
			defer wg.Done()
			t := time.Now()
			time.Sleep(d)
			check(time.Since(t) >= d)
		}()
	}
	wg.Wait()
	check(time.Since(start) >= 30*time.Millisecond)
	tick := time.NewTicker(3 * time.Millisecond)
	for i := 0; i < 5; i++ {
		<-tick.C
	}
	tick.Stop()
	// A loop without calls is preempted by a signal to its thread.
	var stop, spins int64
	go func() {
		for atomic.LoadInt64(&stop) == 0 {
			spins++
		}
	}()
	runtime.Gosched()
	runtime.GC()
	atomic.StoreInt64(&stop, 1)
}

func files(dir string) {
	var wg sync.WaitGroup
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			name := filepath.Join(dir, strconv.Itoa(i))
			data := bytes.Repeat([]byte{byte(i)}, 100000)
			must(os.WriteFile(name, data, 0o600))
			must(os.Rename(name, name+".new"))
			back, err := os.ReadFile(name + ".new")
			must(err)
			check(bytes.Equal(back, data), i)
		}(i)
	}
	wg.Wait()
	list, err := os.ReadDir(dir)
	must(err)
	check(len(list) == 10, len(list))
}

func round(tell bool) {
	dir, err := os.MkdirTemp("", "go-")
	must(err)
	defer os.RemoveAll(dir)
	for _, part := range []struct {
		name string
		body func()
	}{
		{"goroutines", goroutines}, {"commands", commands}, {"signals", signals},
		{"pipes", pipes}, {"sockets", func() { sockets(dir) }}, {"timers", timers},
		{"files", func() { files(dir) }},
	} {
		part.body()
		if tell {
			fmt.Println("ok", part.name)
		}
	}
}

func main() {
	runtime.GOMAXPROCS(4)
	rounds := 1
	if len(os.Args) > 1 {
		rounds, _ = strconv.Atoi(os.Args[1])
	}
	for n := 0; n < rounds; n++ {
		round(n == 0)
	}
	fmt.Println("done")
}
