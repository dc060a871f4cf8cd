// A program that carries the bytes to a host which cannot be reached directly: OpenSSH's own client
// to a jump host, or the command of the user's configuration.

import Glibc
import SwoopLaunching
import SwoopTransport

/// A running proxy: this side's end of the connection, and the process.
///
/// Used by the host's thread; it ends with this value.
final class ProxyProcess {
    /// This side's end, non-blocking.
    let descriptor: Int32
    private let child: ChildProcess
    private let chatter: Chatter?

    /// Starts a command of the shell whose standard input and output are the connection.
    init(command: String, wait: HostWait) throws(HostError) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw wait.error("socketpair failed: \(systemWords(errno))")
        }
        _ = fcntl(ends[0], F_SETFL, fcntl(ends[0], F_GETFL) | O_NONBLOCK)
        // The launcher gives a child descriptors from 3 on; the shell puts ours in place.
        var request = LaunchRequest(
            program: "/bin/sh", arguments: ["-c", "exec <&3 >&3 3>&-; exec \(command)"])
        request.descriptors = ["connection": ends[1]]
        request.output = .piped
        do throws(LaunchError) {
            child = try ChildProcess(starting: request)
        } catch {
            close(ends[0])
            close(ends[1])
            throw wait.error("\(error)")
        }
        close(ends[1])
        descriptor = ends[0]
        chatter = child.standardError.map { Chatter($0) }
        wait.chatter = chatter
    }

    deinit {
        close(descriptor)
        child.endNow()
    }

    /// What it has said on its standard error last.
    func words() -> String {
        chatter?.read()
        return chatter?.words ?? ""
    }

    /// Gives a proxy that is about to end the time to say why.
    func lastWords(wait: HostWait) -> String {
        var items = [pollfd(fd: child.exitDescriptor, events: Int16(POLLIN), revents: 0)]
        _ = try? wait.wait(for: &items, atMost: 500_000_000)
        return words()
    }
}
