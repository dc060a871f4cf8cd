// Hosts looked at without bringing them up: each as far as it comes, all at once. What is found is
// for people; MachineSights+Findings.swift judges.

import Glibc
import SwoopLaunching
import SwoopModel
package import SwoopTransport
import Synchronization

/// Examines hosts over SSH.
package struct HostExaminer: Sendable {
    private let hosts: [HostEntry]
    private let options: BringUpOptions
    /// Of programs that are built here, as `uname -m` says it.
    private let architecture: String

    /// Hosts that are this machine are passed over: OwnExaminer looks at it.
    package init(hosts: [HostEntry], options: BringUpOptions, architecture: String) {
        self.hosts = hosts.filter { !$0.isLocal }
        self.options = options
        self.architecture = architecture
    }

    /// Blocks until every host was looked at, or would not be; in the list's order.
    package func run() throws(TransportError) -> [Examination] {
        let cancelled = try Wakeup()
        var resolver = SSHResolver(configurationFile: options.configurationFile)
        if let socket = options.agentSocket { resolver.local.agentPath = socket }
        let connections = hosts.map { [resolver] host in
            HostConnection(
                host: host, options: options, resolver: resolver, knownHosts: KnownHostsReader())
        }
        let found = Examinations(hosts.map { Examination(host: $0.name, findings: []) })
        HostThreads.run(hosts.count, atMost: options.threadsMax) { index in
            found.put(self.findings(connections[index], cancelled), at: index)
        }
        return found.all
    }

    private final class Examinations: Sendable {
        private let list: Mutex<[Examination]>

        init(_ list: [Examination]) { self.list = Mutex(list) }

        var all: [Examination] { list.withLock { $0 } }

        func put(_ findings: [Finding], at index: Int) {
            list.withLock { $0[index].findings = findings }
        }
    }

    private func findings(_ connection: HostConnection, _ cancelled: Wakeup) -> [Finding] {
        let wait = HostWait(host: connection.host.name, cancelled: cancelled)
        var findings: [Finding] = []
        do throws(HostError) {
            let (session, user) = try connection.open(wait)
            let port = connection.host.port.map { " (port \($0))" } ?? ""
            findings.append(
                Finding("SSH", .fine, "\(user) is logged in\(port), with a key and no question"))
            let manifest = ProgramManifest(
                name: "examination", architecture: architecture, files: [])
            let (answer, shell) = try connection.probe(session, for: manifest)
            if !shell.isEnded { _ = try shell.finish() }
            if let objection = answer.objection(to: manifest, user: user) {
                findings.append(
                    Finding(
                        "start", .fault, objection.message,
                        advice: objection.words.isEmpty ? "" : "it said: \(objection.words)"))
            } else {
                findings.append(
                    Finding("start", .fine, "programs can be put into \(answer.facts.folder)"))
            }
            guard answer.isWhole else { return findings }
            findings += try look(at: session, connection.host, folder: answer.facts.folder)
        } catch {
            findings.append(Finding(error))
        }
        return findings
    }

    private func look(
        at session: SSHSession, _ host: HostEntry, folder: String
    ) throws(HostError) -> [Finding] {
        let wait = session.wait
        wait.begin(.check, within: options.connectLimit)
        wait.doing = "looking at its limits"
        let listener = session.ownAddress.flatMap { TCPListener(address: $0) }
        let script = ExaminationScript.text(
            folder: folder.isEmpty ? "/" : folder,
            listener: listener.map { ($0.address, $0.port) })
        let channel = try HostShell.open(on: session)
        let before = Int64(time(nil))
        _ = try channel.write(Array((script + ProbeScript.endOfScript + "\n").utf8))
        let result = try channel.finish()
        let after = Int64(time(nil))
        guard let sights = ExaminationScript.sights(in: result.output) else {
            let words = String(decoding: result.errorOutput, as: UTF8.self)
            throw wait.error("its shell did not answer all questions.", words: words)
        }
        return sights.findings(for: architecture, between: (before, after))
            + [Self.ports(sights, isDirect: session.ownAddress != nil, isOpen: listener != nil)]
    }

    private static func ports(
        _ sights: MachineSights, isDirect: Bool, isOpen: Bool
    ) -> Finding {
        guard isDirect else {
            return Finding(
                "ports", .fine, "reached through a proxy: its SSH connection carries our port")
        }
        switch sights.reachesUs {
        case true?: return Finding("ports", .fine, "it reaches ports of this machine")
        case false?:
            return Finding(
                "ports", .warning, "it does not reach ports of this machine",
                advice: "its SSH connection carries the port, and pages go through the coordinator:"
                    + " let it open TCP connections to this machine, and hosts to one another")
        case nil:
            return Finding(
                "ports", .fine,
                isOpen
                    ? "not tried: without bash its shell opens no connections"
                    : "not tried: no port could be opened here")
        }
    }
}

extension Finding {
    /// Why nothing more could be looked at.
    fileprivate init(_ error: HostError) {
        let check =
            switch error.step {
            case .resolve, .connect, .cancelled: "connection"
            case .hostKey: "host key"
            case .login: "login"
            case .check, .send, .start: "start"
            }
        let words = error.remoteWords.split(whereSeparator: \.isNewline).joined(separator: " / ")
        self.init(
            check, .fault, error.message, advice: words.isEmpty ? "" : "it said: \(words)")
    }
}

/// A port of this machine that somebody may connect to; nothing is answered.
private final class TCPListener {
    let address: String
    let port: UInt16
    private let descriptor: OwnedDescriptor

    /// Listens on a free port of one of this machine's addresses; nil: it cannot.
    init?(address: String) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICHOST
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(address, "0", &hints, &list) == 0, let list = unsafe list else {
            return nil
        }
        defer { unsafe freeaddrinfo(list) }
        let kind = unsafe list.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = OwnedDescriptor(owning: unsafe socket(list.pointee.ai_family, kind, 0))
        self.address = address
        let number = descriptor.rawValue
        var bound = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &bound) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe number >= 0
                    && bind(number, list.pointee.ai_addr, list.pointee.ai_addrlen) == 0
                    && Glibc.listen(number, 4) == 0 && getsockname(number, pointer, &length) == 0
            }
        }
        // The port is at the same place in addresses of both families.
        let bytes = unsafe withUnsafeBytes(of: &bound) { unsafe ($0[2], $0[3]) }
        port = UInt16(bytes.0) << 8 | UInt16(bytes.1)
        guard isListening else { return nil }
    }
}
