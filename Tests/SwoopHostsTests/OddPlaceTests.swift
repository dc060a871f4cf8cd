// Places that are not what they should be: a cache whose parts are of another kind, a file of known
// hosts that is none, and lines in it that OpenSSH takes otherwise than they look.

import Foundation
import SwoopHosts
import SwoopLaunching
import SwoopModel
import Testing

@Suite(.enabled(if: SSHTools.areHereForRoot, "needs root, sshd and ssh-keygen"))
struct OddPlaceTests {
    @Test(arguments: [
        "touch cache/programs", "touch cache/incoming", "ln -s nowhere cache/files",
        "mkfifo cache/files", "rmdir cache; mkfifo cache", "rmdir cache; ln -s cache cache",
        "rmdir cache; touch cache",
    ])
    func `a cache of which a part is of another kind is a failure in words`(words: String) throws {
        let server = try TestServer()
        try TestServer.run(
            "/bin/sh", ["-c", "cd \(server.folder) && umask 077 && mkdir cache && \(words)"])
        let failure = try #require(try server.bringUp().failure, "\(words)")
        #expect("\(failure)".contains("\(server.folder)/cache"), "\(failure)")
        #expect(failure.step == .check, "\(failure)")
    }

    @Test(arguments: [
        // As OpenSSH has it: the patterns of a name, and what marks a line.
        ("[127.0.0.*]:PORT KEY", true), ("[127.0.0.?]:PORT KEY", true),
        ("![127.0.0.1]:PORT,[127.0.0.*]:PORT KEY", false),
        ("[127.0.0.*]:PORT,![127.0.0.1]:PORT KEY", false), ("* KEY", true),
        ("@cert-authority [127.0.0.1]:PORT KEY", false), ("@marked [127.0.0.1]:PORT KEY", false),
        ("x\0[127.0.0.1]:PORT KEY", false), ("\u{feff}[127.0.0.1]:PORT KEY", false),
        ("[127.0.0.1]:PORT,\u{301} KEY", true), ("127.0.0.1 KEY", false),
    ])
    func `a line of known hosts means what it means to OpenSSH`(
        line: String, isKnown: Bool
    ) throws {
        let server = try TestServer()
        let words = try server.read("known_hosts").split(whereSeparator: \.isWhitespace)
        let text = line.replacing("PORT", with: "\(server.port)")
            .replacing("KEY", with: "\(words[1]) \(words[2])")
        try server.write(text + "\n", to: "known_hosts")
        let failure = try server.bringUp().failure
        #expect((failure == nil) == isKnown, "\(String(describing: failure))")
        #expect(failure.map { $0.step == .hostKey } ?? true)
        // What OpenSSH itself does with it; for a port that is not the usual one it takes the line
        // of the bare name too, which is refused here.
        let request = LaunchRequest(
            program: "/usr/bin/ssh",
            arguments: ["-F", server.configuration, "-o", "BatchMode=yes", "alpha", "true"])
        let status = try ChildProcess(starting: request).waitUntilEnded()
        if !line.hasPrefix("127.0.0.1 ") { #expect((status == .exited(0)) == isKnown) }
    }

    @Test(arguments: ["mkdir known_hosts", "mkfifo known_hosts", "ln -s known_hosts known_hosts"])
    func `what is no file of known hosts knows nobody`(words: String) throws {
        let server = try TestServer()
        try TestServer.run("/bin/sh", ["-c", "cd \(server.folder) && rm known_hosts && \(words)"])
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .hostKey, "\(failure)")
    }
}
