// The folder in which the processes of one user find one another. Only that user may look into it,
// and nobody else may put another one in its place.

import Glibc
import SwoopTransport

/// A folder that exists, belongs to this user and is closed to others.
package struct RuntimeFolder: Sendable, Equatable {
    /// Its path, without a slash at the end.
    package let path: String

    /// The user's own: `swoop` in $XDG_RUNTIME_DIR where that is this user's, else
    /// `/tmp/swoop-UID`.
    ///
    /// Made when missing.
    package static func ofUser() throws(LaunchError) -> RuntimeFolder {
        if let text = unsafe getenv("XDG_RUNTIME_DIR") {
            let base = unsafe String(cString: text)
            // After `su` it may still name the other user's.
            if base.hasPrefix("/"), (try? check(base)) != nil {
                return try RuntimeFolder(at: base + "/swoop")
            }
        }
        return try RuntimeFolder(at: "/tmp/swoop-\(geteuid())")
    }

    /// A folder at a path of the caller's, made when missing.
    package init(at path: String) throws(LaunchError) {
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST {
            throw .closedFolder(path: path, code: errno)
        }
        try RuntimeFolder.check(path)
        self.path = path
    }

    /// Runs `body` while no other process changes what is published here.
    ///
    /// The lock ends with its process, whatever that was doing; a process that is stopped while it
    /// holds it makes others fail after a second, and wait no longer.
    func withLock<Result>(_ body: () throws(LaunchError) -> Result) throws(LaunchError) -> Result {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .systemCall("open(\(path))", code: errno) }
        defer { _ = close(descriptor) }
        // Nothing tells when another gives it back: it is held for microseconds.
        var pause = PollLoop()
        let limit = MonotonicClock.nanoseconds() + 1_000_000_000
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            let now = MonotonicClock.nanoseconds()
            guard code == EWOULDBLOCK || code == EINTR, now < limit else {
                throw .systemCall("flock(\(path))", code: code)
            }
            try? pause.wait(until: now + 2_000_000)
        }
        return try body()
    }

    private static func check(_ path: String) throws(LaunchError) {
        var status = stat()
        // Not following links: anyone may make one in /tmp.
        guard unsafe lstat(path, &status) == 0 else {
            throw .systemCall("lstat(\(path))", code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .unsafeFolder(path: path, reason: "it is not a folder")
        }
        guard status.st_uid == geteuid() else {
            throw .unsafeFolder(path: path, reason: "it belongs to user \(status.st_uid)")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw .unsafeFolder(path: path, reason: "its mode is \(mode), not 700")
        }
        do throws(BundleError) {
            try OwnFolder.checkWay(to: path)
        } catch .unsafeFolder(let fault, let above) {
            throw .unsafeFolder(path: path, reason: fault.trouble(of: above))
        } catch {
            throw .unsafeFolder(path: path, reason: error.description)
        }
    }
}
