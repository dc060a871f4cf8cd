// The process that holds a standing cluster: how it is asked for, how it answers, and how it lets
// go of the terminal that it was started from. Requests and answers are lines of words between
// tabs.

import CSwoopSystem
import Glibc
package import SwoopLaunching
package import SwoopModel
import SwoopTransport

// MARK: In the process that asks for it

extension StandingCluster {
    /// Starts a process that holds the cluster and outlives this one; returns once every host was
    /// tried.
    ///
    /// Ctrl-C ends that process too, as long as this waits; a second one at once.
    ///
    /// - Throws: `SwoopError.Code.unreachable` when there is no cluster now.
    package func start() throws -> [HostReport] {
        let interrupts = try EndingSignals()
        let held = try HeldBytes.descriptor(holding: Array(line.utf8))
        var ends: [Int32] = [-1, -1]
        let made = unsafe swoop_pipe(&ends)
        guard made == 0 else { throw LaunchError.systemCall("pipe2", code: -made) }
        let reading = OwnedDescriptor(owning: ends[0])
        let process = try launch(held.rawValue, answeringTo: OwnedDescriptor(owning: ends[1]))
        let pid = process.disown()
        interrupts.onEach { count in _ = kill(pid, count == 1 ? SIGTERM : SIGKILL) }
        let text = readAll(reading.rawValue)
        return try Self.reports(in: text) { Self.end(of: process) }
    }

    /// How the process ended that closed its answer without one; nil: it did not.
    private static func end(of process: ChildProcess) -> String? {
        var poll = PollLoop()
        _ = poll.watch(descriptor: process.exitDescriptor)
        try? poll.wait(until: MonotonicClock.nanoseconds() + nanosecondsPerSecond)
        return switch process.reap() {
        case .exited(let code): "it left with status \(code)"
        case .signalled(let signal): "signal \(signal) ended it"
        case nil: nil
        }
    }

    /// Starts the process; its answer's end is closed here.
    private func launch(
        _ held: Int32, answeringTo answer: consuming OwnedDescriptor
    ) throws(LaunchError) -> ChildProcess {
        var request = LaunchRequest(role: Self.role)
        request.arguments = ["swoop-coordinator"]
        request.deathSignal = 0
        request.descriptors = [
            Self.requestDescriptor: held, Self.reportDescriptor: answer.rawValue,
        ]
        return try ChildProcess(starting: request)
    }

    private static func reports(in text: String, end: () -> String?) throws -> [HostReport] {
        let lines = text.pieces(at: "\n")
        if let error = lines.first(where: { $0.utf8.starts(with: "error\t".utf8) }) {
            let words = TabbedLine.words(of: error)
            throw SwoopError(
                .unreachable, words[1], advice: words.count > 2 ? words[2] : "")
        }
        guard lines.last == "end" else {
            let how = end() ?? "it says nothing"
            throw SwoopError(
                .unreachable, "the process that was to hold the cluster is not up: \(how)",
                advice: "What it said itself stands above, if anything.")
        }
        return lines.compactMap(HostReport.init(line:))
    }

    private func readAll(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}

// MARK: Of one that runs already

extension StandingCluster {
    /// What a running cluster is asked for: the hosts, and how this process reaches them.
    package var wanted: HostsWanted {
        HostsWanted(
            file: file.map(Self.wholePath) ?? "", hosts: hosts, acceptsNewKeys: acceptsNewKeys,
            connectLimit: UInt32(clamping: connectLimit),
            agentSocket: Self.variable("SSH_AUTH_SOCK"),
            configuration: Self.variable("SWOOP_SSH_CONFIG"))
    }

    /// The other process may be in another folder.
    private static func wholePath(_ path: String) -> String {
        guard !path.hasPrefix("/"), let whole = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(whole) }
        return unsafe String(cString: whole)
    }

    private static func variable(_ name: String) -> String {
        guard let text = unsafe getenv(name) else { return "" }
        return unsafe String(cString: text)
    }
}

// MARK: In the process that holds it

extension StandingCluster {
    /// The role's part: holds the cluster that was asked for, and tells who asked of the hosts.
    package static func play(_ role: InheritedRole) throws {
        let request = try HeldBytes.read(from: try role.takeDescriptor(requestDescriptor))
        guard let cluster = StandingCluster(line: String(decoding: request, as: UTF8.self)) else {
            throw LaunchError.malformedRole("the request for a standing cluster")
        }
        var report: OwnedDescriptor? = try role.takeDescriptor(reportDescriptor)
        func answer(_ lines: [String]) {
            let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
            if let descriptor = report?.rawValue {
                _ = unsafe bytes.withUnsafeBytes {
                    unsafe write(descriptor, $0.baseAddress, $0.count)
                }
            }
            report = nil
        }
        do {
            try cluster.hold { hosts in
                answer(hosts.map(\.line) + ["end"])
                if hosts.contains(where: { $0.failure == nil }) { leaveTerminal() }
            }
        } catch {
            let words =
                (error as? SwoopError).map { [$0.message, $0.advice] } ?? ["\(error)"]
            answer([TabbedLine.text(of: ["error"] + words)])
            exit(1)
        }
    }

    /// Who asked leaves, and nothing more is written to its terminal: to a file in the user's state
    /// folder.
    private static func leaveTerminal() {
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        var target = unsafe open(LocalCluster.stateFolder + "/coordinator.log", flags, 0o600)
        var status = stat()
        // A pipe of that name would be written to until it is full.
        if target >= 0, unsafe fstat(target, &status) != 0 || status.st_mode & S_IFMT != S_IFREG {
            _ = close(target)
            target = -1
        }
        if target < 0 { target = unsafe open("/dev/null", O_WRONLY | O_CLOEXEC) }
        guard target >= 0 else { return }
        for stream in [1, 2] as [Int32] { _ = dup2(target, stream) }
        _ = close(target)
    }
}
