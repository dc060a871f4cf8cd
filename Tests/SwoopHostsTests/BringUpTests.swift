// Hosts that come up: what is sent, where it is, what the agent gets.

import Foundation
import Glibc
import SwoopHosts
import SwoopLaunching
import SwoopModel
import SwoopTransport
import Testing

@Suite(.enabled(if: SSHTools.areHere, "needs sshd and ssh-keygen"))
struct BringUpTests {
    @Test func `a host gets the files, its agent starts with its configuration and joins`() throws {
        let server = try TestServer()
        let reports = TestReports()
        let bundle = try TestBundle.make(
            TestBundle.joining.replacingOccurrences(of: ">&2", with: ">\(server.folder)/said"),
            in: server.folder)
        let outcome = try server.bringUp(bundle: bundle, reports: reports)
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        let facts = try #require(outcome.facts)
        #expect(facts.clientAddress == "127.0.0.1")
        #expect(Set(facts.missing) == Set(bundle.manifest.files.map(\.digest)))
        #expect(reports.all.first == .connecting)
        #expect(reports.all.last == .joined(isCarried: false))
        #expect(reports.bytesSent == bundle.manifest.byteCount)
        let said = try server.read("said")
        #expect(said.contains("role agent, arguments one two words, configuration hello-alpha"))
        #expect(said.contains("it's more"))
        // What lies there is what the node's own side finds whole.
        let cache = try BundleCache(folder: facts.folder)
        #expect(try cache.missing(bundle.manifest).isEmpty)
        #expect(cache.use(bundle.manifest.id) != nil)
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(facts.folder)/incoming")
        #expect(left.isEmpty)
    }

    @Test func `a program that is there is not sent again, and a changed one sends only itself`()
        throws
    {
        let server = try TestServer()
        let bundle = try TestBundle.make(TestBundle.joining, in: server.folder)
        #expect(try server.bringUp(bundle: bundle).failure == nil)
        let again = TestReports()
        #expect(try server.bringUp(bundle: bundle, reports: again).failure == nil)
        #expect(again.bytesSent == nil)
        let rebuilt = try TestBundle.make(TestBundle.joining + "\n# rebuilt\n", in: server.folder)
        let reports = TestReports()
        #expect(try server.bringUp(bundle: rebuilt, reports: reports).failure == nil)
        let program = try #require(rebuilt.manifest.files.first { $0.name == "program" })
        #expect(reports.bytesSent == program.byteCount)
    }

    @Test func `a file that lost its end on the host is sent again`() throws {
        let server = try TestServer()
        let bundle = try TestBundle.make(TestBundle.joining, in: server.folder)
        let first = try server.bringUp(bundle: bundle)
        let folder = try #require(first.facts?.folder)
        let program = try #require(bundle.manifest.files.first { $0.name == "program" })
        try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/files/\(program.digest)"))
        let reports = TestReports()
        #expect(try server.bringUp(bundle: bundle, reports: reports).failure == nil)
        #expect(reports.bytesSent == program.byteCount)
    }

    @Test func `the prolog runs before the agent, in its shell`() throws {
        let server = try TestServer()
        var host = try HostList.parse(arguments: ["alpha"]).hosts[0]
        host.folder = "\(server.folder)/cache"
        host.prolog = "PROLOG='ran, once'; export PROLOG # and a remark"
        let script = """
            #!/bin/sh
            read -r line
            echo "$PROLOG" >\(server.folder)/said
            echo "swoop: joined $line"
            """
        #expect(try server.bringUp([host], script: script)[0].failure == nil)
        #expect(try server.read("said") == "ran, once\n")
    }

    @Test func `a shell that talks by itself does no harm`() throws {
        let server = try TestServer(settings: [
            "ForceCommand echo 'Welcome!'; echo 'swoop-probe begins';"
                + " $SHELL -c \"$SSH_ORIGINAL_COMMAND\""
        ])
        let outcome = try server.bringUp()
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
    }

    @Test func `many hosts come up at once, and one that fails hinders none`() throws {
        let server = try TestServer()
        var hosts = try (0..<8).map { index in
            var host = try HostList.parse(arguments: ["alpha"]).hosts[0]
            host.name = "alpha\(index)"
            host.folder = "\(server.folder)/cache\(index % 3)"
            return host
        }
        hosts[3].port = try TestServer.freePort()
        let outcomes = try server.bringUp(hosts) { $0.threadsMax = 4 }
        #expect(outcomes.map(\.host.name) == hosts.map(\.name))
        for (index, outcome) in outcomes.enumerated() {
            #expect(
                (outcome.failure == nil) == (index != 3),
                "\(index): \(outcome.failure?.description ?? "")")
        }
        #expect(outcomes[3].failure?.step == .connect)
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: "\(server.folder)/cache0/programs")
        #expect(folders.count == 1)
    }

    @Test func `a host is reached through another one`() throws {
        let server = try TestServer()
        try server.writeConfiguration([
            "Host beta", "HostName 127.0.0.1", "Port \(server.port)", "ProxyJump alpha",
            "UserKnownHostsFile \(server.folder)/known_hosts", "IdentityFile \(server.folder)/id",
            "IdentityAgent none",
        ])
        let outcome = try server.bringUp("beta")
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        try server.writeConfiguration(["ProxyCommand sh -c 'echo no such way >&2; exit 3'"])
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .connect)
        #expect(failure.remoteWords.contains("no such way"))
    }

    @Test func `a key that only the ssh-agent has is used`() throws {
        let server = try TestServer()
        let socket = "\(server.folder)/agent"
        let agent = try server.startKeyAgent(socket)
        defer { agent.endNow() }
        try server.run(
            "/bin/sh", "-c",
            "SSH_AUTH_SOCK=\(socket) ssh-add \(server.folder)/id 2>&1; rm \(server.folder)/id")
        try server.writeConfiguration(["IdentityAgent \(socket)"])
        let outcome = try server.bringUp()
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
    }

    @Test func `a new host is accepted where that is asked for, and known afterwards`() throws {
        let server = try TestServer()
        try server.write("# nobody yet", to: "known_hosts")
        let first = try server.bringUp { $0.acceptsNewKeys = true }
        #expect(first.failure == nil, "\(first.failure?.description ?? "")")
        #expect(try server.bringUp().failure == nil)
        #expect(try server.read("known_hosts").hasPrefix("# nobody yet\n[127.0.0.1]:"))
        // OpenSSH itself finds the line, hashes it, and we find that again.
        try server.run("/usr/bin/ssh-keygen", "-q", "-H", "-f", "\(server.folder)/known_hosts")
        #expect(try server.read("known_hosts").contains("|1|"))
        #expect(try server.bringUp().failure == nil)
    }

    @Test func `the host's kind of key that is known is the one it is asked for`() throws {
        let server = try TestServer(hostKeys: ["ed25519", "ecdsa"])
        try server.writeKnownHosts(["ecdsa"])
        let outcome = try server.bringUp()
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
    }

    @Test func `an ecdsa key of the user's is accepted`() throws {
        let server = try TestServer()
        try server.keygen("ecdsa", "id2")
        try server.copy("id2.pub", to: "authorized")
        try server.writeConfiguration(identity: "id2")
        let outcome = try server.bringUp()
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
    }

    @Test func `a warm host is up in little more than what the SSH connection takes`() throws {
        let server = try TestServer()
        let bundle = try TestBundle.make(TestBundle.joining, in: server.folder)
        #expect(try server.bringUp(bundle: bundle).failure == nil)
        var best = TestTimes()
        var bare = Int64.max
        for _ in 0..<5 {
            let reports = TestReports()
            #expect(try server.bringUp(bundle: bundle, reports: reports).failure == nil)
            best = best.faster(reports.times)
            let start = MonotonicClock.nanoseconds()
            try server.run("/usr/bin/ssh", "-F", server.configuration, "alpha", "true")
            bare = min(bare, MonotonicClock.nanoseconds() - start)
        }
        print("warm host on loopback: \(best), ssh alpha true: \(bare / 1_000_000) ms")
        // On a machine that is busy with other tests both take longer.
        #expect(best.all < 3 * bare)
    }
}

extension BringUpTests {
    /// Times of one bringing up, in nanoseconds.
    struct TestTimes: CustomStringConvertible {
        var connecting = Int64.max
        var checking = Int64.max
        var starting = Int64.max
        var all = Int64.max

        var description: String {
            "connect and login \(connecting / 1_000_000), check \(checking / 1_000_000),"
                + " start \(starting / 1_000_000), all \(all / 1_000_000) ms"
        }

        func faster(_ other: TestTimes) -> TestTimes { all < other.all ? self : other }
    }
}

extension TestReports {
    var times: BringUpTests.TestTimes {
        let moments = moments
        guard moments.count == 4 else { return BringUpTests.TestTimes() }
        return BringUpTests.TestTimes(
            connecting: moments[1] - moments[0], checking: moments[2] - moments[1],
            starting: moments[3] - moments[2], all: moments[3] - moments[0])
    }
}
