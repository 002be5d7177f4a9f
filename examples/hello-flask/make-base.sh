#!/bin/sh
# Makes an image with Python and Flask out of Debian's packages, for machines that reach no registry of images.
# Needs no root: packages are fetched and unpacked, not installed. Takes some seconds, 22 MB to fetch and 110 MB of the engine's storage.
#
#   ./make-base.sh [IMAGE]      IMAGE: what it is called. Default: localhost/hello-flask-base
set -eu
image=${1:-localhost/hello-flask-base}
packages='python3-flask dash coreutils'

if [ -n "${TALLYMAN_ENGINE:-}" ]; then engine=$TALLYMAN_ENGINE
elif command -v podman >/dev/null; then engine=podman
elif command -v docker >/dev/null; then engine=docker
else echo 'There is no container engine: neither podman nor docker is installed.' >&2; exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/archives/partial" "$work/lists/partial" "$work/root"
: >"$work/nothing-installed"

# As on a machine with nothing on it yet, so that all is fetched that they depend on.
apt() {
  apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User= -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives" \
    -o Dir::State::status="$work/nothing-installed" -o APT::Install-Recommends=false "$@"
}
fetch() { apt --download-only "$@" install $packages >"$work/said" 2>&1; }
own_lists="-o Dir::State::lists=$work/lists"
# Lists of packages of our own, where this machine has none or they are out of date.
if ! fetch && ! { apt $own_lists update >"$work/said" 2>&1 && fetch $own_lists; }; then
  cat "$work/said" >&2
  exit 1
fi

# Where Debian has had /bin and /lib since 2023; packages still say otherwise.
for folder in bin sbin lib lib64; do
  mkdir -p "$work/root/usr/$folder"
  ln -s "usr/$folder" "$work/root/$folder"
done
mkdir -p "$work/root/proc" "$work/root/sys" "$work/root/dev" "$work/root/run" "$work/root/tmp" "$work/root/etc"
for package in "$work"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink --no-same-owner -C "$work/root" \
    --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*'
done
ln -sf dash "$work/root/usr/bin/sh"
echo 'root:x:0:0:root:/root:/bin/sh' >"$work/root/etc/passwd"
echo 'root:x:0:' >"$work/root/etc/group"

tar -c --owner=0 --group=0 --sort=name -C "$work/root" . |
  $engine import --change 'LABEL tallyman.image=base' - "$image" >/dev/null 2>"$work/said" || { cat "$work/said" >&2; exit 1; }
echo "$image"
echo "Next: tallyman up FOLDER --build-arg BASE=$image" >&2
