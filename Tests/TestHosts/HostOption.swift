// What a test host is to be: the release that its root is made of, and what is missing or wrong
// with it. How it is made so is HostScripts'.

/// A Debian release that a host's root is made of.
package enum DebianRelease: String, CaseIterable, Sendable {
    /// Debian 12: glibc 2.36, OpenSSH 9.2.
    case bookworm
    /// Debian 11, for an old libc: glibc 2.31, OpenSSH 8.4.
    case bullseye
}

/// What is unlike an ordinary host.
package enum HostOption: Sendable, Hashable {
    /// Nothing under /home and /root can be executed.
    case noexecHome
    /// All that is written on the host has to fit in here: its root, homes and /tmp.
    case smallDisk(megabytes: Int)
    /// /proc is empty.
    case noProc
    /// The login shell of `worker` turns everybody away (nologin).
    case noShell
    /// The host has neither gzip nor tar.
    case noArchiver
}

/// Who does something on a host.
package enum HostUser: String, Sendable {
    /// An ordinary user with an empty home, uid 1000.
    case worker
    case root

    var home: String { self == .root ? "/root" : "/home/worker" }
    var id: Int { self == .root ? 0 : 1000 }
}
