# Starts programs on a lab host for who asks again and again, and tells what they print and how they end. It costs the host
# two milliseconds each time; the engine's own way costs the machine fifty.
# Asked: "ID STDIN-LENGTH ARGUMENT-LENGTH ...\n" and the bytes. Told: "ID o|e|x LENGTH\n" and what was printed; x: the status.
use POSIX ();
my ($asked, %running) = ('');
$SIG{CHLD} = sub { };    # so that it ends a select

sub tell_of {
  my ($id, $what, $bytes) = @_;
  my $frame = "$id $what " . length($bytes) . "\n$bytes";
  while (length $frame) {
    my $n = syswrite STDOUT, $frame;
    if (defined $n) { substr $frame, 0, $n, '' }
    else { $!{EINTR} or exit 1 }
  }
}

# What is there to be read of one; false: no more.
sub hear {
  my ($of, $what) = @_;
  my $n = sysread $of->{$what}, my $bytes, 65536;
  return 1 if !defined $n && $!{EINTR};
  if ($n) { tell_of($of->{id}, $what, $bytes); return 1 }
  delete $of->{$what} if defined $n;
  return 0;
}

sub start {
  my ($id, $stdin, @argv) = @_;
  pipe my $out, my $to_out;
  pipe my $err, my $to_err;
  open my $in, '+>', undef or die $!;
  syswrite $in, $stdin;
  sysseek $in, 0, 0;
  my $pid = fork // die $!;
  if (!$pid) {
    POSIX::setsid();
    POSIX::dup2(fileno $in, 0);
    POSIX::dup2(fileno $to_out, 1);
    POSIX::dup2(fileno $to_err, 2);
    exec { $argv[0] } @argv or do { print STDERR "$argv[0]: $!\n"; POSIX::_exit(127) };
  }
  $running{$pid} = { id => $id, o => $out, e => $err };
}

while (1) {
  my $watched = '';
  vec($watched, fileno($_), 1) = 1 for *STDIN, map { grep { defined } @$_{qw(o e)} } values %running;
  # A program may end just before the select.
  if (select(my $ready = $watched, undef, undef, %running ? 0.2 : undef) > 0) {
    if (vec $ready, 0, 1) {
      my $n = sysread STDIN, $asked, 65536, length $asked;
      exit 0 if defined $n && !$n;
    }
    for my $of (values %running) {
      for my $what (qw(o e)) { hear($of, $what) if $of->{$what} && vec $ready, fileno($of->{$what}), 1 }
    }
  }
  while ($asked =~ /^(\d+)((?: \d+)+)\n/) {
    my ($id, $head, @lengths) = ($1, $+[0], split ' ', $2);
    my $whole = $head;
    $whole += $_ for @lengths;
    last if length $asked < $whole;
    my ($at, @parts) = $head;
    for (@lengths) { push @parts, substr $asked, $at, $_; $at += $_ }
    substr $asked, 0, $whole, '';
    start($id, @parts);
  }
  while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) {
    my $status = $?;
    my $of = delete $running{$pid} or next;
    # What it wrote is there; what it left running may keep its output open for longer.
    for my $what (qw(o e)) {
      next unless $of->{$what};
      $of->{$what}->blocking(0);
      1 while $of->{$what} && hear($of, $what);
    }
    tell_of($of->{id}, 'x', $status & 127 ? 128 + ($status & 127) : $status >> 8);
  }
}
