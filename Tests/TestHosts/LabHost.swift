// One test host: its own root, network, processes and shared memory, and an SSH server. What is
// done to its links is in LabHost+Links.swift, what can be seen of it in LabHost+Sights.swift.

import Glibc
import SwoopLaunching
import SwoopTransport
import Synchronization

/// A host of a lab.
///
/// Any thread may use it.
package final class LabHost: Sendable {
    /// Its host name, and its alias in the lab's SSH configuration.
    package let name: String
    /// Its address, the same from everywhere.
    package let address: String
    /// Process id, on this machine, of its first process.
    package let firstProcess: Int32
    /// Its host key as known_hosts has it, without the address.
    package let publicKey: String

    let number: Int
    unowned let lab: Lab
    private let run: Mutex<ScriptRun?>

    private static let startSeconds: Int64 = 20

    init(
        named name: String, number: Int, in lab: Lab, base: String, options: [HostOption]
    ) throws {
        self.name = name
        self.number = number
        self.lab = lab
        address = "\(lab.network).\(number)"
        let arguments = [
            "\(lab.keeper)", HostScripts.enterHost, HostScripts.host, name, "\(number)",
            lab.network, lab.folder, base, options.diskSize,
        ]
        let run = try ScriptRun(
            HostScripts.startHost, arguments + options.words, named: "host \(name)",
            endsByItself: true)
        firstProcess = Int32(try run.line(within: Self.startSeconds)) ?? 0
        let key = contents(of: "\(lab.folder)/\(name).pub").split(separator: " ")
        publicKey = key.prefix(2).joined(separator: " ")
        try Self.waitForServer(at: address, of: run)
        self.run = Mutex(run)
    }

    /// Whether its first process runs.
    package var isUp: Bool {
        run.withLock { $0?.isRunning ?? false }
    }

    /// The machine is gone at once: nothing leaves it any more, then all of it is killed.
    ///
    /// Its name and address are free again.
    package func kill() {
        try? cutLink()
        end()
    }

    /// Ends it; connections are closed by the kernel, so that their other sides hear of it.
    package func end() {
        guard stop() else { return }
        lab.forget(name, number)
        try? lab.writeConfiguration()
    }

    /// Kills its first process, with which the kernel kills the rest; false if it had ended before.
    ///
    /// Not the tools outside that started it: they have to reap it.
    func stop() -> Bool {
        guard let ended = run.withLock({ $0.take() }) else { return false }
        if ended.isRunning { _ = Glibc.kill(firstProcess, SIGKILL) }
        _ = try? ended.end(within: Self.startSeconds)
        return true
    }

    /// Runs a shell command on the host, not through SSH.
    package func run(
        _ command: String, as user: HostUser = .worker, within seconds: Int64 = 60
    ) throws -> CommandResult {
        let script = #"""
            exec nsenter --target "$1" --mount --net --pid --uts --ipc --root --wd=/ \
              --setuid "$2" --setgid "$2" /usr/bin/env -i HOME="$3" USER="$4" LOGNAME="$4" \
              PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin /bin/sh -c "cd; $5"
            """#
        return try runScript(
            script, ["\(firstProcess)", "\(user.id)", user.home, user.rawValue, command],
            named: "a command on \(name)", within: seconds)
    }

    /// Waits until something listens at the SSH port.
    private static func waitForServer(at address: String, of run: ScriptRun) throws {
        let limit = MonotonicClock.nanoseconds() + startSeconds * 1_000_000_000
        var poll = PollLoop()
        while !accepts(address) {
            guard run.isRunning else {
                let words = try run.end(within: 1)
                throw LabError.failed(run.name, words: words.output + words.errors)
            }
            guard MonotonicClock.nanoseconds() < limit else {
                throw LabError.late(run.name, words: "its SSH server does not answer")
            }
            try poll.wait(until: MonotonicClock.nanoseconds() + 2_000_000)
        }
    }

    private static func accepts(_ address: String) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(22).bigEndian
        unsafe inet_pton(AF_INET, address, &target.sin_addr)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafePointer(to: &target) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, length) == 0
            }
        }
    }
}

extension [HostOption] {
    /// As the host's script takes them.
    fileprivate var words: [String] {
        compactMap { option in
            switch option {
            case .noexecHome: "noexecHome"
            case .noProc: "noProc"
            case .noShell: "noShell"
            case .noArchiver: "noArchiver"
            case .smallDisk: nil
            }
        }
    }

    /// As mount takes it.
    fileprivate var diskSize: String {
        for case .smallDisk(let megabytes) in self { return "\(megabytes)m" }
        return "50%"
    }
}
