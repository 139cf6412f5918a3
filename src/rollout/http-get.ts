import { joinScripts, rawScript, type Script } from '../shell/script.ts'

/** The status, then the body. HTTP/1.0: the server ends the connection. perl-base is Essential on Debian. */
export const HTTP_GET: Script = joinScripts([
  rawScript('http_get() {'),
  rawScript(
    [
      "  timeout 10 perl -MIO::Socket::IP -e '",
      '    my ($address, $port, $path, $host) = @ARGV;',
      '    my $s = IO::Socket::IP->new(PeerAddr => $address, PeerPort => $port, Timeout => 5) or exit 1;',
      '    print $s "GET $path HTTP/1.0\\r\\nHost: $host\\r\\nConnection: close\\r\\n\\r\\n"; $s->flush;',
      '    my $line = <$s>; exit 1 unless defined $line && $line =~ m{^HTTP/\\S+ (\\d{3})}; print "$1\\n";',
      '    while (defined($line = <$s>)) { last if $line =~ /^\\r?\\n$/ }',
      '    print while <$s>;\' "$1" "$2" "$3" "$4" || :',
    ].join('\n'),
  ),
  rawScript('}'),
])
