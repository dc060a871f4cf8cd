// A real SSH server on this machine's loopback, with keys and a configuration of its own, for one
// test; it and its folder go with it.

import Foundation
import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

/// What tests of SSH need on this machine.
enum SSHTools {
    static let server = "/usr/sbin/sshd"

    static var areHere: Bool {
        unsafe access(server, X_OK) == 0 && access("/usr/bin/ssh-keygen", X_OK) == 0
    }

    static var areHereForRoot: Bool { areHere && getuid() == 0 }
}

/// A running sshd.
final class TestServer {
    /// Its folder: keys, configuration, caches.
    let folder: String
    let port: Int
    private var child: ChildProcess?

    /// Starts one; ready when it listens.
    ///
    /// `mounts` are commands for a mount namespace of its own (root only).
    init(
        settings: [String] = [], hostKeys: [String] = ["ed25519"], mounts: String? = nil
    ) throws {
        folder = try Self.makeFolder()
        port = try Self.freePort()
        for kind in hostKeys { try keygen(kind, "host_\(kind)") }
        try keygen("ed25519", "id")
        try copy("id.pub", to: "authorized")
        let lines =
            [
                "Port \(port)", "ListenAddress 127.0.0.1",
                "AuthorizedKeysFile \(folder)/authorized",
                "StrictModes no", "UsePAM no", "PidFile none", "PasswordAuthentication no",
                "KbdInteractiveAuthentication no", "MaxStartups 100", "LogLevel VERBOSE",
                // What the user's shell does when it begins must not count.
                "SetEnv HOME=\(folder)",
            ] + hostKeys.map { "HostKey \(folder)/host_\($0)" } + settings
        try write(lines.joined(separator: "\n") + "\n", to: "sshd_config")
        try writeConfiguration()
        try writeKnownHosts(hostKeys)
        var command = "exec \(SSHTools.server) -D -e -f \(folder)/sshd_config"
        if getuid() == 0 { command = "mkdir -p /run/sshd; " + command }
        if let mounts { command = "\(mounts) && \(command)" }
        var request = LaunchRequest(program: "/bin/sh", arguments: ["-c", command])
        if mounts != nil {
            request = LaunchRequest(
                program: "/usr/bin/unshare", arguments: ["-m", "/bin/sh", "-c", command])
        }
        request.output = .piped
        child = try ChildProcess(starting: request)
        try waitUntilListening()
    }

    deinit {
        child?.endNow()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The file that stands for the user's SSH configuration.
    var configuration: String { "\(folder)/ssh_config" }

    /// Writes the configuration: the alias `alpha`, and more lines for it.
    func writeConfiguration(_ more: [String] = [], identity: String = "id") throws {
        let lines =
            [
                "Host alpha", "HostName 127.0.0.1", "Port \(port)",
                "UserKnownHostsFile \(folder)/known_hosts", "GlobalKnownHostsFile /dev/null",
                "IdentityFile \(folder)/\(identity)", "IdentitiesOnly yes",
            ] + (more.contains { $0.hasPrefix("IdentityAgent") } ? [] : ["IdentityAgent none"])
        try write((lines + more).joined(separator: "\n") + "\n", to: "ssh_config")
    }

    /// Writes what is known of its keys.
    func writeKnownHosts(_ kinds: [String]) throws {
        let lines = try kinds.map { kind in
            let words = try read("host_\(kind).pub").split(separator: " ")
            return "[127.0.0.1]:\(port) \(words[0]) \(words[1])\n"
        }
        try write(lines.joined(), to: "known_hosts")
    }

    func keygen(_ kind: String, _ name: String, passphrase: String = "") throws {
        try run(
            "/usr/bin/ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", name, "-f",
            "\(folder)/\(name)")
    }

    func copy(_ name: String, to other: String) throws { try write(read(name), to: other) }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    /// What it has said so far.
    func log() -> String {
        String(decoding: child?.standardError?.read() ?? [], as: UTF8.self)
    }

    /// Starts an ssh-agent; ready when it listens.
    func startKeyAgent(_ socket: String) throws -> ChildProcess {
        var request = LaunchRequest(program: "/usr/bin/ssh-agent", arguments: ["-D", "-a", socket])
        request.output = .piped
        let agent = try ChildProcess(starting: request)
        var loop = PollLoop()
        let output = try #require(agent.standardOutput)
        _ = loop.watch(descriptor: output.descriptor)
        try loop.wait(until: MonotonicClock.nanoseconds() + 10_000_000_000)
        return agent
    }

    @discardableResult
    func run(_ program: String, _ arguments: String...) throws -> String {
        try Self.run(program, arguments)
    }

    @discardableResult
    static func run(_ program: String, _ arguments: [String]) throws -> String {
        var request = LaunchRequest(program: program, arguments: arguments)
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        let status = child.waitUntilEnded()
        let output = String(decoding: child.standardOutput?.read() ?? [], as: UTF8.self)
        let words = String(decoding: child.standardError?.read() ?? [], as: UTF8.self)
        try #require(status == .exited(0), "\(program): \(words)")
        return output
    }

    private static func makeFolder() throws -> String {
        let base = FileManager.default.temporaryDirectory.path
        var template = Array("\(base)/swoop-ssh-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw LaunchError.systemCall("mkdtemp", code: errno)
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A port that was free a moment ago.
    static func freePort() throws -> Int {
        let listener = try TestListener()
        return listener.port
    }

    private func waitUntilListening() throws {
        var text = ""
        var loop = PollLoop()
        let child = try #require(child)
        _ = loop.watch(descriptor: try #require(child.standardError).descriptor)
        let limit = MonotonicClock.nanoseconds() + 10_000_000_000
        while !text.contains("Server listening") {
            try loop.wait(until: limit)
            text += log()
            let hasEnded = child.reap() != nil || MonotonicClock.nanoseconds() > limit
            try #require(!hasEnded, "sshd: \(text)")
        }
    }
}

/// A listening socket of loopback that accepts nothing by itself.
final class TestListener {
    let descriptor: Int32
    let port: Int

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = descriptor
        port = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard unsafe bind(number, pointer, length) == 0, listen(number, 16) == 0,
                    unsafe getsockname(number, pointer, &length) == 0
                else { return }
            }
            return Int(UInt16(bigEndian: unsafe pointer.pointee.sin_port))
        }
        try #require(port > 0)
    }

    deinit { close(descriptor) }
}
