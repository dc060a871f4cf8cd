// What a user's start-up files do to a session before any command of ours runs: they print, read,
// set, start other shells, end. Real servers, real shells.

import Foundation
import Glibc
import SwoopHosts
import SwoopTransport
import Testing

/// Start-up files that are odd and do no harm.
private let odd: [(name: String, lines: String)] = [
    (
        "print three megabytes on either stream",
        """
        yes 'much to say' | head -c 3000000
        yes 'and more' | head -c 3000000 >&2
        """
    ),
    ("print one line of two megabytes without an end", "head -c 2000000 /dev/zero | tr '\\0' x"),
    ("print what looks like ours", "echo 'swoop-shell ready'; echo 'swoop-probe begin'"),
    ("read lines", "read -r one; read -r two; read -r three"),
    ("read more than they need", "head -n 1 >/dev/null"),
    (
        "set options for all shells",
        """
        set -u; set -f; set -o noclobber; IFS=/
        export SHELLOPTS CDPATH=/tmp:/ TAR_OPTIONS=--exclude=program GZIP=-v POSIXLY_CORRECT=1
        """
    ),
    (
        "give the usual tools other meanings",
        """
        cd() { echo "going to $1"; }; echo() { :; }; printf() { :; }; mkdir() { return 1; }
        export -f cd echo printf mkdir
        """
    ),
    ("leave no path", "PATH=/nowhere"),
    ("start another shell", "bash"),
    ("start another shell in their place", "exec /bin/sh"),
    (
        "go somewhere else and print later",
        "cd /; (for i in 1 2 3; do sleep 0.1; echo late; done) &"
    ),
    ("say something at their end", "trap 'echo bye' EXIT"),
]

@Suite(.enabled(if: SSHTools.areHere && getuid() == 0, "needs sshd, ssh-keygen and bash"))
struct StartUpFileTests {
    private let server: TestServer

    init() throws { server = try TestServer() }

    private func write(_ lines: String) throws { try server.write(lines + "\n", to: ".bashrc") }

    @Test(arguments: odd.map(\.name)) func `start-up files may`(what: String) throws {
        try write(try #require(odd.first { $0.name == what }).lines)
        let reports = TestReports()
        let outcome = try server.bringUp(reports: reports)
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        // Its files were sent, checked and put in place through the same shells.
        #expect(reports.bytesSent ?? 0 > 0)
        #expect(try server.bringUp().failure == nil)
    }

    @Test(arguments: [0, 1, 3, 7, 8].map { odd[$0].name })
    func `a prolog has its own shell behind start-up files that`(what: String) throws {
        try write(try #require(odd.first { $0.name == what }).lines)
        var host = try HostList.parse(arguments: ["alpha"]).hosts[0]
        host.folder = "\(server.folder)/cache"
        host.prolog = "PROLOG='ran, once'; export PROLOG; /bin/echo loading"
        let script = """
            #!/bin/sh
            read -r line
            /bin/echo "$PROLOG" >\(server.folder)/said
            /bin/echo "swoop: joined $line"
            """
        let outcome = try server.bringUp([host], script: script)[0]
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        #expect(try server.read("said") == "ran, once\n")
    }

    @Test(arguments: [
        "exit 7", "echo \"no end", "kill -9 $$", "exec /bin/false", "exec >/dev/null 2>&1",
        "exec </dev/null",
    ])
    func `a prolog that ends the shell is named`(prolog: String) throws {
        var host = try HostList.parse(arguments: ["alpha"]).hosts[0]
        host.folder = "\(server.folder)/cache"
        host.prolog = prolog
        let failure = try #require(try server.bringUp([host])[0].failure)
        #expect(failure.step == .start)
        #expect(failure.message.contains("Its prolog ran before it: `\(prolog)`"), "\(failure)")
    }

    @Test func `those that end the shell are named, with their status`() throws {
        try write("echo no sessions here; exit 3")
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .check)
        #expect(failure.message.contains("ended with status 3"), "\(failure)")
        #expect(failure.message.contains("start-up file"), "\(failure)")
        #expect(failure.remoteWords.contains("no sessions here"))
    }

    @Test(arguments: ["yes", "yes >&2", "cat >/dev/null", "sleep 1000"])
    func `those that never come to an end are given up in time`(lines: String) throws {
        try write(lines)
        let began = MonotonicClock.nanoseconds()
        let outcome = try server.bringUp { $0.connectLimit = 1_500_000_000 }
        let failure = try #require(outcome.failure)
        #expect(failure.step == .check)
        #expect(failure.message.contains("1500 ms"), "\(failure)")
        #expect(failure.message.contains("start-up files"), "\(failure)")
        #expect(MonotonicClock.nanoseconds() - began < 10_000_000_000)
    }

    @Test(arguments: [
        ("exec >/dev/null", "sends the output of all that follows elsewhere"),
        ("exec >\"$HOME/log\"", "sends the output of all that follows elsewhere"),
        ("exec 2>&1 >/dev/null", "sends the output of all that follows elsewhere"),
        ("exec cat", "a program that prints what it reads"),
        ("exec tee -a \"$HOME/log\"", "a program that prints what it reads"),
        ("cat", "a program that prints what it reads"),
    ])
    func `a start-up file or a prolog that puts something else in our shell's place is named`(
        lines: String, words: String
    ) throws {
        var host = try HostList.parse(arguments: ["alpha"]).hosts[0]
        host.folder = "\(server.folder)/cache"
        host.prolog = lines
        let began = MonotonicClock.nanoseconds()
        let prolog = try #require(try server.bringUp([host])[0].failure)
        #expect(prolog.step == .start)
        #expect(prolog.message.contains("its prolog or ~/.bashrc"), "\(prolog)")
        #expect(prolog.message.contains(words), "\(prolog)")
        try write(lines)
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .check)
        #expect(failure.message.contains("a start-up file such as ~/.bashrc"), "\(failure)")
        #expect(failure.message.contains(words), "\(failure)")
        // Long before the time is over: 20 s for a start, 10 for a check.
        #expect(MonotonicClock.nanoseconds() - began < 12_000_000_000)
    }

    @Test(arguments: [
        ("exec sleep 1000", "puts a command in the place of the shell"),
        ("cd; exec sleep 1000 >/dev/null 2>&1 </dev/null", "puts a command in the place of"),
        ("exec 7</dev/null; sleep 1000", "exec with a redirection"),
    ])
    func `an exec in a prolog that keeps silent is named when the time is over`(
        prolog: String, words: String
    ) throws {
        var host = try HostList.parse(arguments: ["alpha"]).hosts[0]
        host.folder = "\(server.folder)/cache"
        host.prolog = prolog
        let outcome = try server.bringUp([host]) { $0.startLimit = 1_500_000_000 }[0]
        let failure = try #require(outcome.failure)
        #expect(failure.step == .start)
        #expect(failure.message.contains(words), "\(failure)")
    }
}
