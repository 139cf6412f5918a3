import type { LabHost } from '../../src/lab/host.ts'

const NEWER = `set -eu
rm -rf /root/repo && mkdir -p /root/repo && cd /root/repo
version=$(dpkg-query -W -f '\${Version}' PACKAGE)
cp /var/cache/apt/archives/PACKAGE_*.deb . 2>/dev/null || apt-get -q download "PACKAGE=$version"
dpkg-deb -R PACKAGE_*.deb tree
sed -i "s/^Version: .*/Version: $version+lab1/" tree/DEBIAN/control
dpkg-deb -Znone -b tree newer.deb
{ dpkg-deb -f newer.deb; printf 'Filename: ./newer.deb\nSize: %s\nSHA256: %s\n' "$(stat -c %s newer.deb)" "$(sha256sum newer.deb | cut -d' ' -f1)"; } >Packages
chmod 755 /root /root/repo
echo 'deb [trusted=yes] file:/root/repo ./' >/etc/apt/sources.list.d/newer.list
touch -d '2 hours ago' /var/lib/apt/lists`

/**
 * Offers a host a newer version of a package that it has: the same one with a higher version, from a repository on the
 * host itself. @throws Error when the host lacks it
 */
export async function offerNewer(host: LabHost, pkg: string): Promise<void> {
  const { code, stdout, stderr } = await host.exec(NEWER.replaceAll('PACKAGE', pkg))
  if (code !== 0) throw new Error(`${host.name}: no newer ${pkg}: ${stderr}${stdout}`)
}
