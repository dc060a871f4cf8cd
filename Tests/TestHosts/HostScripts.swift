// The shell scripts that make a lab and its hosts. Every namespace of a lab is inside the process
// namespace of its keeper: when that process ends, the kernel ends all of them, with their mounts,
// memory and links. Swift's part is Lab's and LabHost's.

/// What the tools of the system are told.
enum HostScripts {
    /// Whether hosts can be made: says what is in the way.
    static let probe = #"""
        set -u
        [ "$(id -u)" = 0 ] || { echo "only root can make them"; exit; }
        for tool in ip nft tc unshare nsenter pivot_root ssh ssh-keygen debootstrap dpkg-deb; do
          command -v "$tool" >/dev/null || missing="${missing:-}, $tool"
        done
        [ -z "${missing:-}" ] || { echo "missing here: ${missing#, }"; exit; }
        grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null \
          || { echo "the kernel has no overlay file system"; exit; }
        unshare --net --mount --pid --uts --ipc --fork --kill-child sh -c \
          'mount -t tmpfs none /mnt && ip link add probe type veth peer name other' 2>&1 | head -n 1
        """#

    /// Starts the keeper: `$1` is its script, the rest its arguments.
    ///
    /// Descriptor 3 is a pipe that ends with the test process, 4 the lock on the lab's number.
    static let startKeeper = #"""
        keeper=$1; shift
        exec unshare --net --mount --pid --fork --kill-child /bin/sh -c "$keeper" keeper "$@"
        """#

    /// The keeper: holds the network to which the hosts are plugged, prints its process id when
    /// that is there, and ends with the test process.
    ///
    /// `$1` link name in the test's namespace, `$2` folder, `$3` test process, `$4` network.
    static let keeper = #"""
        set -eu
        link=$1 folder=$2 outside=$3 network=$4
        read -r pid rest </proc/self/stat
        ip -batch - <<END
        link set lo up
        link add hosts type bridge
        link set hosts up
        END
        nsenter --net="/proc/$outside/ns/net" ip -batch - <<END
        link add $link type veth peer name outside netns 1
        addr add $network.1/24 dev $link
        link set $link up
        END
        ip -batch - <<END
        link set outside master hosts
        link set outside up
        END
        echo "$pid"
        read -r ignored <&3 || true
        ip link del outside
        rm -rf "$folder"
        """#

    /// Starts a host inside the keeper's namespaces: `$1` is the keeper, `$2` the script below,
    /// `$3` the host's, the rest its arguments.
    static let startHost = #"""
        keeper=$1; shift
        exec nsenter --target "$keeper" --net --mount --pid /bin/sh -c "$1" entry "$@"
        """#

    /// From the lab's network into namespaces of the host's own; descriptor 9 stays the lab's.
    static let enterHost = #"""
        host=$2; shift 2
        exec 9</proc/self/ns/net
        exec unshare --net --mount --pid --uts --ipc --fork --kill-child \
          /bin/sh -c "$host" host "$@"
        """#

    /// The host's first process: makes the host, prints its process id, becomes the SSH server.
    ///
    /// `$1` name, `$2` number, `$3` network, `$4` folder, `$5` base root, `$6` size of its disk,
    /// then the options.
    static let host = #"""
        set -eu
        name=$1 number=$2 network=$3 folder=$4 base=$5 size=$6; shift 6
        read -r pid rest </proc/self/stat
        mkdir -p "$folder/$name"
        exec 8>>"$folder/$name.log"
        cd "$folder/$name"
        mount -t tmpfs -o "mode=0755,size=$size" disk .
        cd "$folder/$name"
        mkdir upper work root
        mount -t overlay -o "lowerdir=$base,upperdir=$PWD/upper,workdir=$PWD/work" root root
        cd root
        hostname "$name"
        echo "$name" >etc/hostname
        printf '127.0.0.1 localhost\n%s %s\n' "$network.$number" "$name" >etc/hosts
        cp "$folder/identity.pub" etc/ssh/authorized_keys
        ssh-keygen -q -t ed25519 -N '' -C "$name" -f etc/ssh/ssh_host_ed25519_key
        cp etc/ssh/ssh_host_ed25519_key.pub "$folder/$name.pub"
        mount -t proc -o nosuid,nodev,noexec proc proc
        mount -t sysfs -o ro,nosuid,nodev,noexec sys sys
        mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
        mount -t tmpfs -o mode=1777,nosuid,nodev shm dev/shm
        mounted=
        for option in "$@"; do
          case $option in
            noProc) mounted=/proc ;;
            noexecHome)
              mount -t tmpfs -o "noexec,mode=0755,size=$size" home home
              mount -t tmpfs -o "noexec,mode=0700,size=$size" home root
              mkdir home/worker && chown 1000:1000 home/worker ;;
            noShell) sed -i 's|^\(worker:.*:\).*|\1/usr/sbin/nologin|' etc/passwd ;;
            noArchiver) rm -f usr/bin/tar usr/bin/gzip ;;
          esac
        done
        nsenter --net=/proc/self/fd/9 ip -batch - <<END
        link add host$number type veth peer name eth0 netns 1
        link set host$number master hosts
        link set host$number up
        END
        ip -batch - <<END
        link set lo up
        addr add $network.$number/24 dev eth0
        link set eth0 up
        END
        mkdir .outside
        pivot_root . .outside
        exec chroot . /bin/sh -c '
          umount -l /.outside $2 && rmdir /.outside && echo "$1" && exec env -i \
            PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/sbin/sshd -D -e >/dev/null 2>&8 8>&- 9<&-
          ' sshd "$pid" "$mounted"
        """#

    /// Makes a base root: `$1` release, `$2` folder, `$3` mirror.
    ///
    /// Debootstrap's first stage gets and unpacks what is required; its second, which configures
    /// packages, is not needed for a shell, an SSH server and the usual tools. What neither needs
    /// is left out, libstdc++ and Perl among it: a host has nothing that a program might lean on.
    static let base = #"""
        set -eu
        release=$1 folder=$2 mirror=$3
        left_out=apt,libapt-pkg6.0,perl-base,tzdata,e2fsprogs,libext2fs2,logsave,libss2,gpgv
        left_out=$left_out,diffutils,debian-archive-keyring,libgnutls30,libhogweed6,libnettle8
        left_out=$left_out,libp11-kit0,libgcrypt20,libunistring2,libidn2-0,libtasn1-6,libdb5.3
        left_out=$left_out,libstdc++6,gcc-9-base,gcc-10-base,gcc-12-base,libffi7,libffi8
        left_out=$left_out,util-linux-extra,sysvinit-utils,init-system-helpers,ucf,runit-helper
        debootstrap --foreign --variant=minbase --include=openssh-server --exclude="$left_out" \
          "$release" "$folder" "$mirror" 2>&1
        cd "$folder"
        for name in $(cat debootstrap/base); do
          for package in var/cache/apt/archives/"$name"_*.deb; do
            [ ! -e "$package" ] || dpkg-deb --fsys-tarfile "$package" \
              | tar --extract --keep-directory-symlink
          done
        done
        rm -rf debootstrap var/cache/* var/lib/apt var/lib/dpkg usr/share/doc usr/share/man \
          usr/share/locale usr/share/info usr/share/lintian usr/lib/locale usr/lib/*/gconv \
          usr/lib/*/perl-base usr/share/perl5 usr/bin/perl*
        [ -e usr/bin/awk ] || ln -s mawk usr/bin/awk
        cp usr/share/base-files/profile etc/profile
        {
          sed 's|^root:[^:]*:|root:x:|' usr/share/base-passwd/passwd.master
          echo 'sshd:x:100:65534::/run/sshd:/usr/sbin/nologin'
          echo 'worker:x:1000:1000::/home/worker:/bin/bash'
        } >etc/passwd
        {
          cat usr/share/base-passwd/group.master
          echo 'worker:x:1000:'
        } >etc/group
        printf '%s:*:19000:0:99999:7:::\n' root sshd worker >etc/shadow
        chmod 0600 etc/shadow
        # It makes them links in a container.
        for name in proc sys; do [ ! -L "$name" ] || rm "$name"; done
        mkdir -p proc sys run/sshd home/worker root
        chown 1000:1000 home/worker
        chmod 0700 root
        chmod 1777 tmp var/tmp dev/shm
        rm -f etc/ssh/ssh_host_*
        cat >etc/ssh/sshd_config <<END
        AuthorizedKeysFile /etc/ssh/authorized_keys
        HostKey /etc/ssh/ssh_host_ed25519_key
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        PermitRootLogin prohibit-password
        UsePAM no
        UseDNS no
        PrintMotd no
        MaxStartups 200
        Subsystem sftp /usr/lib/openssh/sftp-server
        END
        chroot . /usr/sbin/ldconfig
        chmod 0755 .
        """#
}
