// Which files keep the keys of hosts, where their names have blanks: the same as OpenSSH's client
// reads and writes.

import Foundation
import Glibc
import SwoopHosts
import Testing

@Suite(.enabled(if: SSHTools.areHere, "needs sshd and ssh-keygen"))
struct KnownHostsFileTests {
    /// Blanks in quotes or behind an escape belong to a name, and a remark ends the line.
    @Test(arguments: [
        (#""/my hosts" /x"#, ["/my hosts", "/x"]),
        (#"/my\ hosts "/q\"z""#, ["/my hosts", "/q\"z"]),
        (#"= "/x  y"  /z"#, ["/x  y", "/z"]), (#"a"b c"d /e'f g'"#, ["ab cd", "/ef g"]),
        (#"/a\\ b"#, ["/a\\", "b"]), (#"/a\b '/c # d' # e"#, ["/a\\b", "/c # d"]),
        (#"/a#b"#, ["/a#b"]), ("\"/a\tb\"\t/c \t\r", ["/a\tb", "/c"]),
        (#"'/a\'b' /c"#, ["/a'b", "/c"]),
        (#""/a\ b" /é"#, ["/a\\ b", "/é"]),
    ])
    func `words of a line are those that OpenSSH makes of it`(
        _ text: String, _ expected: [String]
    ) throws {
        let line = " UserKnownHostsFile \(text)"
        #expect(SSHWords(line: line[...])?.words == expected)
        #expect(SSHWords(line: line[...])?.keyword == "userknownhostsfile")
        let file = FileManager.default.temporaryDirectory.path + "/swoop-words-\(UUID().uuidString)"
        try (line + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let printed = try TestServer.run("/usr/bin/ssh", ["-F", file, "-G", "h"])
            .split(separator: "\n").first { $0.hasPrefix("userknownhostsfile ") }
        #expect(printed ?? "" == "userknownhostsfile " + expected.joined(separator: " "))
    }

    @Test(arguments: ["", "  # UserKnownHostsFile /a", "UserKnownHostsFile \"/a"])
    func `a remark, and quotes without an end, are no line`(_ line: String) {
        #expect(SSHWords(line: line[...]) == nil)
    }

    /// A server, and a configuration whose known hosts are these words.
    private func server(_ words: String, more: [String: String] = [:]) throws -> TestServer {
        let server = try TestServer()
        let folder = server.folder
        for (name, text) in more {
            try server.write(text.replacingOccurrences(of: "FOLDER", with: folder), to: name)
        }
        let lines = [
            "Host alpha", "HostName 127.0.0.1", "Port \(server.port)",
            words.replacingOccurrences(of: "FOLDER", with: folder),
            "GlobalKnownHostsFile /dev/null", "IdentityFile \(folder)/id", "IdentitiesOnly yes",
            "IdentityAgent none",
        ]
        try server.write(lines.joined(separator: "\n") + "\n", to: "ssh_config")
        try FileManager.default.removeItem(atPath: folder + "/known_hosts")
        return server
    }

    /// The files in which the server's key stands.
    private func written(_ server: TestServer) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: server.folder).sorted().filter { name in
            (try? server.read(name))?.hasPrefix("[127.0.0.1]:\(server.port) ssh-ed25519 ") ?? false
        }
    }

    @Test(arguments: [
        (#"UserKnownHostsFile "FOLDER/my hosts""#, "my hosts"),
        (#"UserKnownHostsFile FOLDER/my\ hosts FOLDER/others"#, "my hosts"),
        (#"UserKnownHostsFile = 'FOLDER/of %n' "FOLDER/the rest""#, "of alpha"),
        ("Include FOLDER/part*", "in a part"), ("UserKnownHostsFile FOLDER/a FOLDER/b", "a"),
    ])
    func `a new key goes into the file that OpenSSH would write, and no other`(
        _ words: String, _ name: String
    ) throws {
        let server = try server(
            words, more: ["part1": "UserKnownHostsFile \"FOLDER/in a part\" FOLDER/b\n"])
        let first = try server.bringUp { $0.acceptsNewKeys = true }
        #expect(first.failure == nil, "\(first.failure?.description ?? "")")
        #expect(try written(server) == [name])
        #expect(try server.bringUp().failure == nil)
        let other = try server.run(
            "/usr/bin/ssh", "-F", server.configuration, "-o", "StrictHostKeyChecking=yes", "-o",
            "BatchMode=yes", "alpha", "echo known")
        #expect(other == "known\n")
    }

    @Test func `where the user keeps none, a new key is accepted and written nowhere`() throws {
        let server = try server("UserKnownHostsFile none")
        let outcome = try server.bringUp { $0.acceptsNewKeys = true }
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        #expect(try written(server) == [])
        #expect(unsafe access("none", F_OK) != 0)
    }

    @Test func `where nothing says which blank ends a name, nothing is written`() throws {
        // A mark that is not known here: the printed line is no line of the configuration.
        let server = try server(#"UserKnownHostsFile "FOLDER/a %i" FOLDER/b"#)
        let failure = try #require(try server.bringUp { $0.acceptsNewKeys = true }.failure)
        #expect(failure.message.contains("each name in quotes"), "\(failure.message)")
        #expect(try written(server) == [])
    }
}
