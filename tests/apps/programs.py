# SPDX-License-Identifier: MIT
"""Gets the programs that make check-apps runs: packages of Debian, unpacked into an ext4 image,
and what cargo and go build from sources here and from their registries. All of it goes to
build/apps and stays there; nothing of the host is changed. Whatever cannot be had raises Missing
with the reason.
"""
import glob
import os
import re
import shutil
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(TOP, "tests/apps")
WORK = os.path.join(TOP, "build/apps")

DEBIAN = {"x86_64": "amd64", "aarch64": "arm64"}
GOARCH = {"x86_64": "amd64", "aarch64": "arm64"}
PACKAGES = ["dash", "bash", "coreutils", "grep", "sed", "findutils", "diffutils", "libc-bin",
            "python3", "nodejs", "redis-server", "redis-tools", "sqlite3", "rt-tests"]
ETC = {
    "passwd": "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
    "group": "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost\n",
}
# What cargo, go and apt print when it is the network that is missing
UNREACHABLE = re.compile(r"[Cc]ould not resolve|failed to download|download of .* failed|"
                         r"failed to get|failed to query|failed to fetch|network failure|"
                         r"spurious network error|Unable to fetch|Could not connect|"
                         r"Temporary failure|no such host|Unable to locate package")


class Missing(Exception):
    """Why a program cannot be had here."""


def run(argv, what, **kwargs):
    """Its output; Missing when the network is to blame, RuntimeError when something else is."""
    done = subprocess.run(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, **kwargs)
    if done.returncode:
        if UNREACHABLE.search(done.stdout):
            raise Missing(f"{what}: the network has it, and cannot be reached")
        raise RuntimeError(f"{what} failed:\n{done.stdout[-3000:]}")
    return done.stdout


def need(tool):
    if not shutil.which(tool):
        raise Missing(f"{tool} is not installed")


def is_newer(path, sources):
    """path is there, and was made after the last change of every file in sources."""
    if not os.path.exists(path):
        return False
    made = os.path.getmtime(path)
    files = (os.path.join(d, f) for s in sources for d, _, names in os.walk(s) for f in names)
    return all(os.path.getmtime(f) <= made for f in files)


# ---- Debian -------------------------------------------------------------------------------------


class Apt:
    """An apt of one architecture with a state of its own, in which nothing is installed: so it
    fetches a package with all that it depends on."""

    def __init__(self, arch):
        need("apt-get")
        need("dpkg-deb")
        self.dir = f"{WORK}/apt-{DEBIAN[arch]}"
        self.archives = f"{self.dir}/cache/archives"
        for sub in ("state/lists/partial", "cache/archives/partial"):
            os.makedirs(f"{self.dir}/{sub}", exist_ok=True)
        self.base = ["apt-get", "-qq"]
        for key, value in {
                "APT::Architecture": DEBIAN[arch], "APT::Architectures": DEBIAN[arch],
                "APT::Sandbox::User": "", "Dir::State": f"{self.dir}/state",
                "Dir::State::status": f"{self.dir}/state/status", "Dir::Cache": f"{self.dir}/cache",
                "Acquire::Languages": "none", "Acquire::Retries": "2",
                "Debug::NoLocking": "1"}.items():
            self.base += ["-o", f"{key}={value}"]
        open(f"{self.dir}/state/status", "a").close()

    def fetch(self, packages):
        """The .deb files of the packages and of all that they need."""
        updated = f"{self.dir}/updated"
        if not os.path.exists(updated):
            run([*self.base, "update"], "apt-get update")
            open(updated, "w").close()
        install = [*self.base, "--no-install-recommends", "-y", "install", *packages]
        run([*install, "--download-only"], "Debian's packages")
        names = re.findall(r"^Inst (\S+) ", run([*install, "-s"], "apt-get -s"), re.M)
        return [glob.glob(f"{self.archives}/{n}_*.deb")[0] for n in names]


def debian_image(arch):
    """An ext4 image with the programs of PACKAGES."""
    need("mke2fs")
    folder = f"{WORK}/{arch}"
    root, image, stamp = f"{folder}/root", f"{folder}/root.img", f"{folder}/root.packages"
    if os.path.exists(image) and os.path.exists(stamp) and open(stamp).read() == str(PACKAGES):
        return image
    debs = Apt(arch).fetch(PACKAGES)
    shutil.rmtree(root, ignore_errors=True)
    for sub in ("apps", "dev", "proc", "sys", "etc"):
        os.makedirs(f"{root}/{sub}", exist_ok=True)
    for deb in debs:
        run(["dpkg-deb", "-x", deb, root], deb)
    for sub in ("doc", "man", "locale"):
        shutil.rmtree(f"{root}/usr/share/{sub}", ignore_errors=True)
    for name, text in ETC.items():
        with open(f"{root}/etc/{name}", "w") as f:
            f.write(text)
    if os.path.exists(image):
        os.unlink(image)
    run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", root, image, "600M"], "mke2fs")
    with open(stamp, "w") as f:
        f.write(str(PACKAGES))
    return image


def debian_crates():
    """A directory of Debian's Rust crates: tokio and all that it needs, as cargo can use it."""
    folder = f"{WORK}/crates"
    registry = f"{folder}/usr/share/cargo/registry"
    if not os.path.isdir(registry):
        for deb in Apt("x86_64").fetch(["librust-tokio-dev"]):
            if os.path.basename(deb).startswith("librust-"):
                run(["dpkg-deb", "-x", deb, f"{folder}.new"], deb)
        os.rename(f"{folder}.new", folder)
    return registry


# ---- Rust ---------------------------------------------------------------------------------------


def rust_target(arch, libc):
    """The target's name, if there is a standard library for it."""
    need("cargo")
    target = f"{arch}-unknown-linux-{libc}"
    lib = run(["rustc", "--print", "target-libdir", "--target", target], "rustc").strip()
    if not os.path.isdir(lib) and shutil.which("rustup"):
        subprocess.run(["rustup", "target", "add", target], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    if not os.path.isdir(lib):
        raise Missing(f"no Rust standard library for {target}")
    return target


def cargo_environment(arch, target, work):
    env = dict(os.environ, CARGO_TARGET_DIR=f"{work}/target")
    if arch != "x86_64":
        need(f"{arch}-linux-gnu-gcc")
        env[f"CARGO_TARGET_{target.upper().replace('-', '_')}_LINKER"] = f"{arch}-linux-gnu-gcc"
    return env


def tokio(arch, libc, crates):
    """tests/apps/tokio: static with libc "musl", dynamic with "gnu"; with the crates of "debian"
    or the current ones of the "registry"."""
    target = rust_target(arch, libc)
    work = f"{WORK}/tokio-{crates}"
    program = f"{work}/target/{target}/release/tokio-app"
    if is_newer(program, [f"{HERE}/tokio"]):
        return program
    shutil.copytree(f"{HERE}/tokio", f"{work}/src", dirs_exist_ok=True)
    argv = ["cargo", "build", "--release", "--target", target]
    if crates == "debian":
        os.makedirs(f"{work}/src/.cargo", exist_ok=True)
        with open(f"{work}/src/.cargo/config.toml", "w") as f:
            f.write('[source.crates-io]\nreplace-with = "debian"\n'
                    f'[source.debian]\ndirectory = "{debian_crates()}"\n')
        argv.append("--offline")
    run(argv, "tokio-app", cwd=f"{work}/src", env=cargo_environment(arch, target, work))
    os.utime(program)
    return program


def brush(arch):
    """The Rust shell, static, from the registry. This compiles some 300 crates."""
    target = rust_target(arch, "musl")
    root = f"{WORK}/brush/{arch}"
    if not os.path.exists(f"{root}/bin/brush"):
        run(["cargo", "install", "brush-shell", "--locked", "--target", target, "--root", root],
            "brush-shell", env=cargo_environment(arch, target, f"{WORK}/brush"), cwd=TOP)
    return f"{root}/bin/brush"


# ---- Go -----------------------------------------------------------------------------------------


def go(arch):
    need("go")
    program = f"{WORK}/go/{arch}/go-app"
    if not is_newer(program, [f"{HERE}/go"]):
        run(["go", "build", "-o", program, "."], "go-app", cwd=f"{HERE}/go",
            env=dict(os.environ, GOARCH=GOARCH[arch], GOOS="linux", CGO_ENABLED="0"))
        os.utime(program)
    return program
