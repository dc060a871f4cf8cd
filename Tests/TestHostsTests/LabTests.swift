// The test hosts themselves: what tests of clusters rely on. With the OpenSSH client of this
// machine, as root; elsewhere they are skipped with the reason.

import Glibc
import SwoopTransport
import TestHosts
import Testing

@Suite(
    .enabled(if: Lab.obstacle == nil, Comment(rawValue: Lab.obstacle ?? "")), .serialized,
    .timeLimit(.minutes(10)))
struct LabTests {
    @Test func `two hosts have all of their own, and reach one another and this machine`() throws {
        let lab = try Lab(preparing: DebianRelease.allCases)
        defer { lab.end() }
        let alpha = try lab.host(named: "alpha")
        let beta = try lab.host(named: "beta", .bullseye)
        #expect(lab.hosts.map(\.name) == ["alpha", "beta"])
        for (host, release) in [(alpha, "12"), (beta, "11")] {
            let script = "uname -n; id -un; . /etc/os-release; echo $VERSION_ID; ls -A"
            let said = try lab.ssh(host.name, script)
            #expect(said.output == "\(host.name)\nworker\n\(release)\n", "\(said.errors)")
            #expect(try lab.ssh("root@\(host.name)", "id -u").output == "0\n")
            for library in ["libzmq", "libsqlite3", "libswiftCore", "libstdc++"] {
                #expect(!host.files(under: "/usr/lib").contains { $0.contains(library) })
            }
        }
        for (from, to) in [(alpha, beta.address), (beta, alpha.address), (alpha, lab.address)] {
            #expect(try from.reach(to) != .silence)
        }
        try #require(try lab.ssh("alpha", "touch /tmp/mine /dev/shm/own").isSuccess)
        #expect(alpha.files(under: "/tmp") == ["/tmp/mine"])
        #expect(alpha.sharedMemory() == ["/dev/shm/own"])
        #expect(beta.files(under: "/tmp").isEmpty && beta.sharedMemory().isEmpty)
    }

    @Test func `a host shows the processes that it runs, and only those`() throws {
        let lab = try Lab()
        defer { lab.end() }
        let host = try lab.host(named: "alpha")
        let other = try lab.host(named: "beta")
        #expect(host.processes().isEmpty)
        try #require(
            try lab.ssh("alpha", "setsid sleep 1000 >/dev/null 2>&1 </dev/null &").isSuccess)
        try eventually("the session has ended") {
            host.processes().map(\.command) == ["sleep 1000"]
        }
        let found = host.processes()
        #expect(found.map(\.user) == [1000])
        #expect(other.processes().isEmpty)
        // Whatever nobody waits for is reaped as on any machine.
        try #require(found.map { kill($0.pid, SIGKILL) } == [0])
        #expect(
            try host.run("while pgrep sleep; do :; done; ps -e -o stat=", within: 10)
                .output.contains("Z") == false)
        #expect(host.processes().isEmpty)
    }

    @Test func `a cut cable loses what is sent, and restored goes on`() throws {
        let lab = try Lab()
        defer { lab.end() }
        let alpha = try lab.host(named: "alpha")
        let beta = try lab.host(named: "beta")
        #expect(try alpha.reach(beta.address) == .answer)
        try beta.cutLink()
        #expect(try alpha.reach(beta.address) == .silence)
        #expect(try beta.reach(lab.address) == .silence)
        #expect(beta.isUp)
        try beta.restoreLink()
        #expect(try alpha.reach(beta.address) == .answer)
        #expect(try lab.ssh("beta", "echo back").output == "back\n")
    }

    @Test func `a firewall stops one direction of opening`() throws {
        let lab = try Lab()
        defer { lab.end() }
        let alpha = try lab.host(named: "alpha")
        let beta = try lab.host(named: "beta")
        try alpha.block(to: lab.address)
        try alpha.block(to: beta.address)
        #expect(try alpha.reach(lab.address) == .silence)
        #expect(try alpha.reach(beta.address) == .silence)
        #expect(try beta.reach(alpha.address) == .answer)
        #expect(try lab.ssh("alpha", "echo in").output == "in\n")
        try alpha.unblock()
        #expect(try alpha.reach(beta.address) == .answer)
    }

    @Test func `a killed machine says nothing more, and its name is free`() throws {
        let lab = try Lab()
        defer { lab.end() }
        let first = try lab.host(named: "alpha")
        let script = "ssh -F \"$1\" alpha 'echo on; exec sleep 1000'"
        let waiting = try ScriptRun(script, [lab.configurationPath], named: "ssh")
        #expect(try waiting.line(within: 20) == "on")
        first.kill()
        #expect(!first.isUp && lab.hosts.isEmpty)
        // No FIN came: the client still believes in its connection.
        #expect(waiting.isRunning)
        let second = try lab.host(named: "alpha")
        #expect(second.address != first.address)
        #expect(try lab.ssh("alpha", "uname -n").output == "alpha\n")
        waiting.stop()
    }

    @Test func `hosts can be unlike an ordinary one`() throws {
        let lab = try Lab()
        defer { lab.end() }
        let script = #"printf '#!/bin/sh\necho ran\n' >x && chmod +x x && ./x"#
        let noexec = try lab.host(named: "noexec", options: [.noexecHome])
        #expect(try lab.ssh(noexec.name, script).errors.contains("ermission denied"))
        let small = try lab.host(named: "small", options: [.smallDisk(megabytes: 8)])
        #expect(try lab.ssh(small.name, script).output == "ran\n")
        let filling = try lab.ssh(small.name, "dd if=/dev/zero of=big bs=1M count=20")
        #expect(filling.errors.contains("No space left on device"))
        let bare = try lab.host(named: "bare", options: [.noProc, .noArchiver])
        #expect(try lab.ssh(bare.name, "ls /proc; command -v tar gzip").output.isEmpty)
        let closed = try lab.host(named: "closed", options: [.noShell])
        let refused = try lab.ssh(closed.name, "true")
        #expect(refused.code == 1 && refused.output.contains("not available"))
    }

    @Test func `a line can be made slow`() throws {
        let lab = try Lab()
        defer { lab.end() }
        let host = try lab.host(named: "alpha")
        try host.limitLink(megabitsPerSecond: 40)
        let start = MonotonicClock.nanoseconds()
        let sent = try lab.ssh("alpha", "head -c 5000000 /dev/zero").output.utf8.count
        let took = MonotonicClock.nanoseconds() - start
        #expect(sent == 5_000_000)
        #expect(took > 800_000_000)
        try host.unlimitLink()
    }

    @Test func `nothing is left of a lab, however its process ends`() throws {
        let program = try #require(testLabPath)
        for signal in [SIGKILL, SIGTERM] {
            let run = try ScriptRun(
                #"exec "$1" alpha -- sh -c 'echo $SWOOP_SSH_CONFIG; exec sleep 1000'"#, [program],
                named: "TestLab")
            let file = try run.line(containing: "ssh_config", within: 20)
            let folder = String(file.dropLast("/ssh_config".count))
            let number = try #require(folder.split(separator: "/").last)
            let link = "/sys/class/net/swoop-lab\(number)"
            #expect(unsafe access(folder, F_OK) == 0 && access(link, F_OK) == 0)
            run.send(signal)
            try eventually("the lab has gone") {
                unsafe access(folder, F_OK) != 0 && access(link, F_OK) != 0
            }
        }
    }
}

/// Waits until something is so.
private func eventually(
    _ what: String, within seconds: Int64 = 20, _ isSo: () -> Bool
) throws {
    let limit = MonotonicClock.nanoseconds() + seconds * 1_000_000_000
    var poll = PollLoop()
    while !isSo() {
        try #require(MonotonicClock.nanoseconds() < limit, "waited in vain until \(what)")
        try poll.wait(until: MonotonicClock.nanoseconds() + 5_000_000)
    }
}

/// The program beside the tests, which may run inside a helper of the toolchain's.
private let testLabPath: String? = {
    var path = [UInt8](repeating: 0, count: 4_096)
    let length = unsafe readlink("/proc/self/exe", &path, path.count)
    let own = String(decoding: path.prefix(max(0, length)), as: UTF8.self)
    for candidate in [own] + CommandLine.arguments {
        guard let slash = candidate.lastIndex(of: "/") else { continue }
        let program = "\(candidate[..<slash])/TestLab"
        if unsafe access(program, X_OK) == 0 { return program }
    }
    return nil
}()
