// Hosts that do not come up: each way to fail says host, step, what to do and the other side's own
// words, in time, and asks nobody anything.

import Foundation
import Glibc
import SwoopHosts
import SwoopModel
import SwoopTransport
import Testing

@Suite(.enabled(if: SSHTools.areHere, "needs sshd and ssh-keygen"))
struct FailureTests {
    @Test func `a name that nobody knows`() throws {
        let server = try TestServer()
        let failure = try #require(try server.bringUp("no-such-host.invalid").failure)
        #expect(failure.host == "no-such-host.invalid")
        #expect(failure.step == .connect)
        #expect(failure.message.contains("has no address"))
        #expect(!failure.remoteWords.isEmpty)
    }

    @Test func `a port where nobody listens`() throws {
        let server = try TestServer()
        let port = try TestServer.freePort()
        let failure = try #require(try server.bringUp("alpha:port=\(port)").failure)
        #expect(failure.step == .connect)
        #expect(failure.message.contains("127.0.0.1 port \(port): Connection refused"))
    }

    @Test func `somebody who never answers is given up within the limit`() throws {
        let server = try TestServer()
        let silent = try TestListener()
        let start = MonotonicClock.nanoseconds()
        let outcome = try server.bringUp("alpha:port=\(silent.port)") {
            $0.connectLimit = 700_000_000
        }
        let failure = try #require(outcome.failure)
        #expect(failure.step == .connect)
        #expect(failure.message.contains("no answer within 700 ms (the SSH handshake"))
        #expect(MonotonicClock.nanoseconds() - start < 3_000_000_000)
    }

    @Test func `an address that swallows everything is given up within the limit`() throws {
        let server = try TestServer()
        try server.writeConfiguration(["Host hole", "HostName 198.51.100.1", "ConnectTimeout 1"])
        let start = MonotonicClock.nanoseconds()
        let failure = try #require(try server.bringUp("hole").failure)
        #expect(failure.step == .connect)
        #expect(failure.message.contains("198.51.100.1"))
        #expect(MonotonicClock.nanoseconds() - start < 4_000_000_000)
    }

    @Test func `a host that was never seen is refused with the command that accepts it`() throws {
        let server = try TestServer()
        try server.write("", to: "known_hosts")
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .hostKey)
        let shown = try server.run(
            "/usr/bin/ssh-keygen", "-l", "-f", "\(server.folder)/host_ed25519.pub")
        let fingerprint = shown.split(separator: " ")[1]
        #expect(fingerprint.hasPrefix("SHA256:"))
        #expect(failure.message.contains("ED25519 key \(fingerprint) was never seen here"))
        #expect(failure.message.contains("accept-new alpha true"))
        #expect(failure.message.contains("--accept-new"))
    }

    @Test func `a changed key is refused with both fingerprints and the line`() throws {
        let server = try TestServer()
        try server.keygen("ed25519", "other")
        let other = try server.read("other.pub").split(separator: " ")
        try server.write(
            "# one line before\n[127.0.0.1]:\(server.port) \(other[0]) \(other[1])\n",
            to: "known_hosts")
        for accepts in [false, true] {
            let outcome = try server.bringUp { $0.acceptsNewKeys = accepts }
            let failure = try #require(outcome.failure)
            #expect(failure.step == .hostKey)
            for key in ["host_ed25519.pub", "other.pub"] {
                let shown = try server.run(
                    "/usr/bin/ssh-keygen", "-l", "-f", "\(server.folder)/\(key)")
                #expect(failure.message.contains(shown.split(separator: " ")[1]))
            }
            #expect(failure.message.contains("\(server.folder)/known_hosts:2"))
        }
    }

    @Test func `a port that is not the usual one needs a line of its own, as told`() throws {
        let server = try TestServer()
        let words = try server.read("host_ed25519.pub").split(separator: " ")
        try server.write("127.0.0.1 \(words[0]) \(words[1])\n", to: "known_hosts")
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .hostKey)
        #expect(failure.message.contains("\(server.folder)/known_hosts:1 for the usual port"))
        let line = "[127.0.0.1]:\(server.port) \(words[0]) \(words[1])"
        #expect(failure.message.contains(line), "\(failure.message)")
        #expect(try server.bringUp { $0.acceptsNewKeys = true }.failure == nil)
        #expect(try server.read("known_hosts").hasSuffix("\n\(line)\n"))
        #expect(try server.bringUp().failure == nil)
        // Another key of the usual port says nothing against this one.
        try server.keygen("ed25519", "other")
        let other = try server.read("other.pub").split(separator: " ")
        try server.write("127.0.0.1 \(other[0]) \(other[1])\n\(line)\n", to: "known_hosts")
        #expect(try server.bringUp().failure == nil)
    }

    @Test func `what a host says does not reach a terminal as orders`() throws {
        let server = try TestServer()
        let outcome = try server.bringUp(
            script: "#!/bin/sh\nprintf '\\033]0;x\\007a\\302\\2332Jb\\177c\\r\\n' >&2; exit 3\n")
        let failure = try #require(outcome.failure)
        #expect(failure.remoteWords == "?]0;x?a?2Jb?c")
    }

    @Test func `a revoked key is refused`() throws {
        let server = try TestServer()
        let line = try server.read("known_hosts")
        try server.write(
            line + "@revoked * " + line.split(separator: " ").dropFirst().joined(separator: " "),
            to: "known_hosts")
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .hostKey)
        #expect(failure.message.contains("revoked"))
    }

    @Test(arguments: ["\r\n", "\n\u{301}x x x\n", "\t\r\n"])
    func `lines of known hosts are lines whatever they end in`(end: String) throws {
        let server = try TestServer()
        let line = try server.read("known_hosts").pieces(at: "\n")[0]
        // As OpenSSH has it: it takes what a Windows editor wrote.
        try server.write("# \(end)\(line)\(end)", to: "known_hosts")
        #expect(try server.bringUp().failure == nil)
        let words = line.split(separator: " ").dropFirst().joined(separator: " ")
        try server.write("\(line)\(end)@revoked * \(words)\(end)", to: "known_hosts")
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .hostKey && failure.message.contains("revoked"))
    }

    @Test func `a key that the host does not take`() throws {
        let server = try TestServer()
        try server.keygen("ed25519", "stranger")
        try server.writeConfiguration(identity: "stranger")
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .login)
        #expect(failure.message.contains("\(server.folder)/stranger"))
        #expect(failure.message.contains("ssh-copy-id"))
    }

    @Test func `an RSA key is refused with the way out`() throws {
        let server = try TestServer()
        try server.keygen("rsa", "old")
        try server.copy("old.pub", to: "authorized")
        try server.writeConfiguration(identity: "old")
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .login)
        #expect(failure.message.contains("libssh2"))
        #expect(failure.message.contains("ssh-keygen -t ed25519"))
    }

    @Test func `a key with a passphrase asks nobody and names ssh-add`() throws {
        let server = try TestServer()
        try server.keygen("ed25519", "locked", passphrase: "secret")
        try server.copy("locked.pub", to: "authorized")
        try server.writeConfiguration(identity: "locked")
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .login)
        #expect(failure.message.contains("ssh-add \(server.folder)/locked"))
    }

    @Test func `an ssh-agent that never answers is given up within the limit`() throws {
        let server = try TestServer()
        // It listens on a Unix socket and accepts nobody.
        let path = "\(server.folder)/agent"
        let silent = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(silent) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: path.utf8)
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = unsafe withUnsafeBytes(of: &address) { raw in
            unsafe bind(silent, raw.baseAddress!.assumingMemoryBound(to: sockaddr.self), size)
        }
        try #require(bound == 0 && listen(silent, 1) == 0)
        try server.writeConfiguration(["IdentityAgent \(path)"])
        let failure = try #require(try server.bringUp { $0.connectLimit = 1_000_000_000 }.failure)
        #expect(failure.step == .login)
        #expect(failure.message.contains("ssh-agent"))
    }

    @Test func `a user without a shell`() throws {
        let server = try TestServer(settings: ["ForceCommand /usr/sbin/nologin"])
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .check)
        #expect(failure.message.contains("no shell"))
        #expect(failure.remoteWords.contains("currently not available"))
    }

    @Test func `a program for another architecture`() throws {
        let server = try TestServer()
        let bundle = try TestBundle.make(
            TestBundle.joining, in: server.folder, architecture: "aarch65")
        let reports = TestReports()
        let failure = try #require(try server.bringUp(bundle: bundle, reports: reports).failure)
        #expect(failure.step == .check)
        #expect(failure.message.contains("aarch65"))
        #expect(reports.bytesSent == nil)
    }

    @Test func `a folder that cannot be made`() throws {
        let server = try TestServer()
        try server.write("", to: "file")
        let failure = try #require(
            try server.bringUp("alpha:folder=\(server.folder)/file/below").failure)
        #expect(failure.step == .check)
        #expect(failure.message.contains("another folder"))
        #expect(failure.remoteWords.contains("Not a directory"))
    }

    @Test func `an agent that ends says why`() throws {
        let server = try TestServer()
        let outcome = try server.bringUp(script: "#!/bin/sh\necho 'no library z' >&2\nexit 3\n")
        let failure = try #require(outcome.failure)
        #expect(failure.step == .start)
        #expect(failure.message.contains("status 3"))
        #expect(failure.remoteWords == "no library z")
    }

    @Test func `an agent that says nothing is given up within the limit`() throws {
        let server = try TestServer()
        let outcome = try server.bringUp(script: "#!/bin/sh\necho busy >&2\nexec sleep 20\n") {
            $0.startLimit = 500_000_000
        }
        let failure = try #require(outcome.failure)
        #expect(failure.step == .start)
        #expect(failure.message.contains("500 ms"))
        #expect(failure.remoteWords == "busy")
    }

    @Test func `a stopped bringing up ends at once`() throws {
        let server = try TestServer()
        let silent = try TestListener()
        var host = try HostList.parse(arguments: ["alpha"]).hosts[0]
        host.port = silent.port
        var options = BringUpOptions()
        options.configurationFile = server.configuration
        let bringUp = try HostBringUp(
            hosts: [host], bundle: try TestBundle.make(TestBundle.joining, in: server.folder),
            options: options,
            agentStart: { _, _ in AgentStart(configuration: Secret(copying: ""), carriedPort: 9) })
        let thread = try LoopThread(named: "stopper") { bringUp.cancel() }
        let start = MonotonicClock.nanoseconds()
        let outcome = bringUp.run()[0]
        thread.join()
        #expect(outcome.failure?.step == .cancelled)
        #expect(MonotonicClock.nanoseconds() - start < 5_000_000_000)
    }
}

/// What needs file systems of its own.
@Suite(.enabled(if: SSHTools.areHereForRoot, "needs sshd and root"))
struct FileSystemFailureTests {
    @Test func `a file system that executes nothing`() throws {
        let place = "/mnt"
        let server = try TestServer(mounts: "mount -t tmpfs -o noexec none \(place)")
        let failure = try #require(try server.bringUp("alpha:folder=\(place)/cache").failure)
        #expect(failure.step == .check)
        #expect(failure.message.contains("noexec"))
        #expect(failure.remoteWords.contains("Permission denied"))
    }

    @Test func `a file system without space for the program`() throws {
        let server = try TestServer(mounts: "mount -t tmpfs -o size=1m none /mnt")
        let bundle = try TestBundle.make(
            TestBundle.joining, in: server.folder, more: [UInt8](repeating: 7, count: 3 << 20))
        let reports = TestReports()
        let outcome = try server.bringUp(
            "alpha:folder=/mnt/cache", bundle: bundle, reports: reports)
        let failure = try #require(outcome.failure)
        #expect(failure.step == .check)
        #expect(failure.message.contains("needs 3.1 MB"))
        #expect(reports.bytesSent == nil)
    }

    @Test func `a file system that fills up during the transfer`() throws {
        // A df that promises what is not there: as when others write meanwhile.
        let server = try TestServer(
            mounts: "mount -t tmpfs -o size=1m none /mnt && mkdir /mnt/bin && printf"
                + " '#!/bin/sh\\necho none 1 1 99999999 1%% /mnt\\n' >/mnt/bin/df"
                + " && chmod 755 /mnt/bin/df && mount --bind /mnt/bin/df /bin/df")
        let bundle = try TestBundle.make(
            TestBundle.joining, in: server.folder, more: [UInt8](repeating: 7, count: 3 << 20))
        let outcome = try server.bringUp("alpha:folder=/mnt/cache", bundle: bundle)
        let failure = try #require(outcome.failure)
        #expect(failure.step == .send)
        #expect(failure.message.contains("not enough space"))
        #expect(failure.remoteWords.contains("No space left"))
        #expect(try server.bringUp("alpha:folder=/mnt/cache").failure == nil)
    }

    @Test func `a host without proc`() throws {
        let server = try TestServer(mounts: "mount -t tmpfs none /proc")
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .check)
        #expect(failure.message.contains("/proc"))
    }
}
