#!/bin/sh
# Builds a release of the lab's program: build.sh VERSION OUT.tar.gz [FLAW]; prints its SHA-256.
# The same version gives the same bytes: order, owners, modes and times are fixed.
# FLAW: CRASH (ends at once) or BROKEN (health answers 500), for tests of the way back.
set -eu
version=$1 out=$2 flaw=${3:-}
tree=$(mktemp -d)
trap 'rm -rf -- "$tree"' EXIT
cp -- "$(dirname -- "$0")/app.py" "$tree/app.py"
printf '%s\n' "$version" >"$tree/VERSION"
if [ -n "$flaw" ]; then : >"$tree/$flaw"; fi
mkdir -p -- "$(dirname -- "$out")"
LC_ALL=C tar -C "$tree" --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
  --mode=u=rwX,go=rX -cf - . | gzip -9n >"$out~"
mv -f -- "$out~" "$out"
sha256sum -- "$out" | cut -d' ' -f1
