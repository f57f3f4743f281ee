// SPDX-License-Identifier: MIT
// A multi-thread Tokio program for `make check-apps`: a runtime with four workers on which
// UnixStreams, datagrams, signals, child processes, timers, file I/O, channels and blocking
// tasks run at the same time, so that every way in which a runtime parks and wakes (epoll,
// eventfd, futex, the signal pipe, SIGCHLD) is used against every other.
//
//   tokio-app [ROUNDS [STAGE]]   runs the stages ROUNDS times, each round on a new runtime;
//                                with STAGE only the stage of that name
//
// Prints `ok STAGE` for each stage of the first round, `round N` every 50 rounds and `done`
// at the end. A wrong answer panics, and the exit status is then not 0. A stage that does
// not finish in 60 s is reported by name.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixDatagram, UnixListener, UnixStream};
use tokio::process::Command;
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::{broadcast, mpsc, oneshot, watch, Barrier, Mutex, Notify, Semaphore};
use tokio::time::{interval, sleep, timeout};

type Stage = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

const WORKERS: usize = 4;
const CLIENTS: usize = 16;
const MESSAGES: usize = 20;

extern "C" {
    fn kill(pid: i32, sig: i32) -> i32;
}

fn raise(sig: SignalKind) {
    let rc = unsafe { kill(std::process::id() as i32, sig.as_raw_value()) };
    assert_eq!(rc, 0);
}

fn scratch(name: &str) -> String {
    let dir = std::env::temp_dir();
    let pid = std::process::id();
    format!("{}/tokio-{}-{}", dir.display(), pid, name)
}

async fn echo(mut s: UnixStream) -> io::Result<usize> {
    let mut buf = [0u8; 512];
    let mut total = 0;
    loop {
        let n = s.read(&mut buf).await?;
        if n == 0 {
            return Ok(total);
        }
        s.write_all(&buf[..n]).await?;
        total += n;
    }
}

async fn talk(path: &str, id: usize) -> io::Result<usize> {
    let mut s = UnixStream::connect(path).await?;
    let mut total = 0;
    for i in 0..MESSAGES {
        let msg = format!("client {} message {} {}", id, i, "x".repeat(i * 7));
        s.write_all(msg.as_bytes()).await?;
        let mut back = vec![0u8; msg.len()];
        s.read_exact(&mut back).await?;
        assert_eq!(back, msg.as_bytes());
        total += msg.len();
    }
    s.shutdown().await?;
    assert_eq!(s.read(&mut [0u8; 1]).await?, 0);
    Ok(total)
}

async fn unix_stream() -> io::Result<()> {
    let path = scratch("stream");
    let listener = UnixListener::bind(&path)?;
    let server = tokio::spawn(async move {
        let mut tasks = Vec::new();
        for _ in 0..CLIENTS {
            let (s, _) = listener.accept().await?;
            tasks.push(tokio::spawn(echo(s)));
        }
        let mut total = 0;
        for t in tasks {
            total += t.await.unwrap()?;
        }
        Ok::<usize, io::Error>(total)
    });
    let mut clients = Vec::new();
    for id in 0..CLIENTS {
        let p = path.clone();
        clients.push(tokio::spawn(async move { talk(&p, id).await }));
    }
    let mut sent = 0;
    for c in clients {
        sent += c.await.unwrap()?;
    }
    assert_eq!(server.await.unwrap()?, sent);
    std::fs::remove_file(&path)
}

// A pair that is full in one direction, so that the writer must wait for EPOLLOUT.
async fn unix_bulk() -> io::Result<()> {
    const BULK: usize = 1 << 20;
    let (mut a, mut b) = UnixStream::pair()?;
    let writer = tokio::spawn(async move {
        let block: Vec<u8> = (0..BULK).map(|i| (i % 251) as u8).collect();
        a.write_all(&block).await?;
        a.shutdown().await
    });
    let mut got = Vec::new();
    b.read_to_end(&mut got).await?;
    writer.await.unwrap()?;
    assert_eq!(got.len(), BULK);
    assert!(got.iter().enumerate().all(|(i, &c)| c == (i % 251) as u8));
    Ok(())
}

async fn unix_datagram() -> io::Result<()> {
    let (a, b) = UnixDatagram::pair()?;
    let sender = tokio::spawn(async move {
        for i in 0..200u32 {
            a.send(&i.to_le_bytes()).await?;
        }
        Ok::<(), io::Error>(())
    });
    for i in 0..200u32 {
        let mut buf = [0u8; 16];
        assert_eq!(b.recv(&mut buf).await?, 4);
        assert_eq!(buf[..4], i.to_le_bytes());
    }
    sender.await.unwrap()
}

async fn signals() -> io::Result<()> {
    let mut usr1 = signal(SignalKind::user_defined1())?;
    let mut usr2 = signal(SignalKind::user_defined2())?;
    for _ in 0..10 {
        raise(SignalKind::user_defined1());
        usr1.recv().await.unwrap();
        raise(SignalKind::user_defined2());
        usr2.recv().await.unwrap();
    }
    let all = tokio::spawn(async move { usr1.recv().await });
    let mut hup = signal(SignalKind::hangup())?;
    raise(SignalKind::user_defined1());
    raise(SignalKind::hangup());
    assert!(all.await.unwrap().is_some());
    hup.recv().await.unwrap();
    Ok(())
}

async fn cat(id: usize) -> io::Result<()> {
    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for i in 0..5 {
        stdin.write_all(format!("{} {}\n", id, i).as_bytes()).await?;
        assert_eq!(lines.next_line().await?.unwrap(), format!("{} {}", id, i));
    }
    drop(stdin);
    assert_eq!(lines.next_line().await?, None);
    assert!(child.wait().await?.success());
    Ok(())
}

async fn children() -> io::Result<()> {
    let mut tasks = Vec::new();
    for id in 0..6 {
        tasks.push(tokio::spawn(cat(id)));
    }
    for id in 0..6 {
        tasks.push(tokio::spawn(async move {
            let status = Command::new("sh").arg("-c").arg(format!("exit {}", id)).status().await?;
            assert_eq!(status.code(), Some(id));
            Ok(())
        }));
    }
    for t in tasks {
        t.await.unwrap()?;
    }
    let mut sleeper = Command::new("sleep").arg("1000").spawn()?;
    assert!(timeout(Duration::from_millis(5), sleeper.wait()).await.is_err());
    sleeper.kill().await?;
    let out = Command::new("sh").arg("-c").arg("echo out; echo err >&2").output().await?;
    assert_eq!((&out.stdout[..], &out.stderr[..]), (&b"out\n"[..], &b"err\n"[..]));
    Ok(())
}

async fn timers() -> io::Result<()> {
    let start = Instant::now();
    let mut tasks = Vec::new();
    for ms in 1..=32u64 {
        tasks.push(tokio::spawn(async move {
            let t = Instant::now();
            sleep(Duration::from_millis(ms)).await;
            assert!(t.elapsed() >= Duration::from_millis(ms));
        }));
    }
    let mut ticks = interval(Duration::from_millis(4));
    for _ in 0..6 {
        ticks.tick().await;
    }
    for t in tasks {
        t.await.unwrap();
    }
    assert!(start.elapsed() >= Duration::from_millis(32));
    assert!(timeout(Duration::from_millis(3), std::future::pending::<()>()).await.is_err());
    Ok(())
}

async fn file(n: usize) -> io::Result<()> {
    let path = scratch(&format!("file{}", n));
    let text = format!("file {}\n", n).repeat(1000);
    let mut f = tokio::fs::File::create(&path).await?;
    f.write_all(text.as_bytes()).await?;
    f.sync_all().await?;
    drop(f);
    assert_eq!(tokio::fs::read_to_string(&path).await?, text);
    assert_eq!(tokio::fs::metadata(&path).await?.len(), text.len() as u64);
    tokio::fs::rename(&path, format!("{}.new", path)).await?;
    tokio::fs::remove_file(format!("{}.new", path)).await
}

async fn files() -> io::Result<()> {
    let tasks: Vec<_> = (0..8).map(|n| tokio::spawn(file(n))).collect();
    for t in tasks {
        t.await.unwrap()?;
    }
    Ok(())
}

async fn channels() -> io::Result<()> {
    let (tx, mut rx) = mpsc::channel(4);
    for id in 0..8usize {
        let tx = tx.clone();
        tokio::spawn(async move {
            for i in 0..100usize {
                tx.send(id * 100 + i).await.unwrap();
            }
        });
    }
    drop(tx);
    let mut sum = 0;
    while let Some(v) = rx.recv().await {
        sum += v;
    }
    assert_eq!(sum, (0..800).sum::<usize>());

    let (btx, _) = broadcast::channel(64);
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let mut r = btx.subscribe();
            tokio::spawn(async move {
                let mut n = 0;
                while r.recv().await.is_ok() {
                    n += 1;
                }
                n
            })
        })
        .collect();
    for i in 0..50 {
        btx.send(i).unwrap();
    }
    drop(btx);
    for r in readers {
        assert_eq!(r.await.unwrap(), 50);
    }

    let (wtx, mut wrx) = watch::channel(0);
    let last = tokio::spawn(async move {
        while *wrx.borrow() != 9 {
            wrx.changed().await.unwrap();
        }
    });
    for i in 1..10 {
        wtx.send(i).unwrap();
        tokio::task::yield_now().await;
    }
    last.await.unwrap();
    let (otx, orx) = oneshot::channel();
    std::thread::spawn(move || otx.send(7).unwrap());
    assert_eq!(orx.await.unwrap(), 7);
    Ok(())
}

async fn locks() -> io::Result<()> {
    let total = Arc::new(Mutex::new(0usize));
    let gate = Arc::new(Semaphore::new(3));
    let inside = Arc::new(AtomicUsize::new(0));
    let barrier = Arc::new(Barrier::new(10));
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (total, gate) = (total.clone(), gate.clone());
            let (inside, barrier) = (inside.clone(), barrier.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                for _ in 0..50 {
                    let _permit = gate.acquire().await.unwrap();
                    assert!(inside.fetch_add(1, Ordering::SeqCst) < 3);
                    *total.lock().await += 1;
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for t in tasks {
        t.await.unwrap();
    }
    assert_eq!(*total.lock().await, 500);
    let bell = Arc::new(Notify::new());
    let heard = tokio::spawn({
        let bell = bell.clone();
        async move { bell.notified().await }
    });
    bell.notify_one();
    heard.await.unwrap();
    Ok(())
}

async fn blocking() -> io::Result<()> {
    let tasks: Vec<_> = (0..16u64)
        .map(|i| {
            tokio::task::spawn_blocking(move || {
                std::thread::sleep(Duration::from_millis(i % 4));
                i
            })
        })
        .collect();
    let mut sum = 0;
    for t in tasks {
        sum += t.await.unwrap();
    }
    assert_eq!(sum, 120);
    Ok(())
}

const STAGES: &[(&str, fn() -> Stage)] = &[
    ("unix_stream", || Box::pin(unix_stream())),
    ("unix_bulk", || Box::pin(unix_bulk())),
    ("unix_datagram", || Box::pin(unix_datagram())),
    ("signals", || Box::pin(signals())),
    ("children", || Box::pin(children())),
    ("timers", || Box::pin(timers())),
    ("files", || Box::pin(files())),
    ("channels", || Box::pin(channels())),
    ("locks", || Box::pin(locks())),
    ("blocking", || Box::pin(blocking())),
];

async fn stage(name: &'static str, body: fn() -> Stage, tell: bool) {
    match timeout(Duration::from_secs(60), body()).await {
        Ok(Ok(())) if tell => println!("ok {}", name),
        Ok(Ok(())) => (),
        Ok(Err(e)) => panic!("{}: {}", name, e),
        Err(_) => panic!("{}: hangs", name),
    }
}

// One round: every stage alone in the first, all of them at once in the others.
fn round(first: bool, only: Option<&str>) {
    let rt = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .unwrap();
    rt.block_on(async {
        let chosen = STAGES.iter().filter(|s| only.map_or(true, |o| o == s.0));
        if first {
            for &(name, body) in chosen {
                stage(name, body, true).await;
            }
        } else {
            let tasks: Vec<_> = chosen.map(|&(n, b)| tokio::spawn(stage(n, b, false))).collect();
            for t in tasks {
                t.await.unwrap();
            }
        }
    });
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let rounds: usize = args.get(1).map_or(1, |n| n.parse().unwrap());
    for n in 0..rounds {
        round(n == 0, args.get(2).map(|s| s.as_str()));
        if (n + 1) % 50 == 0 {
            println!("round {}", n + 1);
        }
    }
    println!("done");
}
