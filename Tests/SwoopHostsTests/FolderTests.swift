// The folder of programs on a host: what it may be called, whose it must be, and that nothing is
// started from it whose bytes are not those that were sent.

import Foundation
import Glibc
import SwoopHosts
import SwoopLaunching
import SwoopModel
import Testing

@Suite(.enabled(if: SSHTools.areHereForRoot, "needs root, sshd and ssh-keygen"))
struct FolderTests {
    /// A server whose user's environment is changed by these words before anything else.
    private func server(_ words: String) throws -> TestServer {
        try TestServer(settings: [
            "ForceCommand \(words); exec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\""
        ])
    }

    private func shell(_ words: String) throws { try TestServer.run("/bin/sh", ["-c", words]) }

    private func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    @Test(arguments: [
        "my data/swoop", "it's *", "a\"b`touch x`\\", "-rf", "'\u{301}touch x'\u{301}", "a=b", "~",
        "é漢",
    ])
    func `a program comes up twice from a folder of any name, and its neighbours stay`(
        _ name: String
    ) throws {
        let server = try server(
            "export HOME=\"$HOME/the user's *home\"; mkdir -p \"$HOME/my/papers\"")
        let bundle = try TestBundle.make(TestBundle.joining, in: server.folder)
        for round in 0..<2 {
            let reports = TestReports()
            let outcome = try server.bringUp(
                "alpha:folder=~/\(name)", bundle: bundle, reports: reports)
            #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
            #expect(outcome.facts?.folder == "\(server.folder)/the user's *home/\(name)")
            #expect((reports.bytesSent == nil) == (round == 1))
        }
        let home = "\(server.folder)/the user's *home"
        #expect(names(home) == ["my", String(name.prefix { $0 != "/" })].sorted())
        #expect(names("\(home)/my").contains("papers"))
        #expect(names(server.folder).contains("x") == false)
    }

    @Test(arguments: [
        ("XDG_CACHE_HOME=relative", "the user's home"), ("XDG_CACHE_HOME=-rf", "the user's home"),
        ("XDG_CACHE_HOME=\"$HOME/my caches\"", "my caches"),
    ])
    func `the usual folder is below the home folder unless another absolute one is named`(
        _ setting: String, _ expected: String
    ) throws {
        let server = try server(
            "\(setting); export XDG_CACHE_HOME; export HOME=\"$HOME/the user's home\"")
        var host = try HostList.parse(arguments: ["alpha"]).hosts[0]
        host.folder = nil
        let outcome = try server.bringUp([host])[0]
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        let folder = expected == "my caches" ? expected : "\(expected)/.cache"
        #expect(outcome.facts?.folder == "\(server.folder)/\(folder)/swoop")
    }

    @Test(arguments: [
        (#"export HOME="$HOME/a$(printf '\n_')""#, "no line"),
        (#"export HOME="$HOME/$(printf '\351')""#, "no text that can be shown"),
        (#"export HOME="$HOME/a:b""#, "a colon, a semicolon or a dollar sign"),
        ("export HOME=relative", "cannot make the folder"),
    ])
    func `a home folder whose path would mean something else is refused`(
        _ words: String, _ expected: String
    ) throws {
        let server = try server(words)
        let failure = try #require(try server.bringUp("alpha:folder=~/cache").failure)
        #expect(failure.step == .check)
        let said = failure.description
        let isLineEnd = expected == "no line"
        #expect(said.contains(isLineEnd ? "the end of a line in it" : expected), "\(said)")
    }

    @Test(arguments: [
        ("chown 4711 cache", "cache belongs to another user (4711)"),
        ("chmod 777 cache", "others can write into "),
        ("chmod 770 cache", "others can write into "),
        ("chown -R 4711 cache; chmod 777 cache", "others can write into "),
        ("mkdir other cache/programs; chown 4711 other; ln -s ../other cache/files", "no folder"),
        // A link to what has the name of a program, and one to elsewhere: named by its own path.
        (
            "mkdir -p cache/programs/far; chmod 777 cache/programs/far;"
                + " ln -s programs/far cache/files", "cache/files is a link"
        ),
        ("mkdir far; ln -s $PWD/far cache/incoming", "cache/incoming is a link"),
        ("mkdir cache/files; chown 4711 cache/files", "files belongs to another user (4711)"),
        ("mkdir cache/programs; chmod 777 cache/programs", "others can write into "),
        ("mkdir cache/incoming; chmod g+w cache/incoming; chgrp 9 cache/incoming", "write into"),
        ("mkdir cache/incoming; chmod 1777 cache/incoming", "others can write into "),
        ("chmod 1777 cache", "others can write into "),
        ("mkdir -p above/cache; chmod 777 above; rmdir cache; ln -s above/cache cache", "/above"),
        (
            "mkdir own; rmdir cache; ln -s own cache; chown -h 4711 cache; chmod 1777 .",
            "cache belongs to another user (4711)"
        ),
        ("mkdir -p above/cache; chown 4711 above; rmdir cache; ln -s above/cache cache", "/above"),
        // A link behind a link, and a folder that is only passed.
        (
            "mkdir far; rmdir cache; ln -s far two; chown -h 4711 two; ln -s two cache",
            "two belongs to another user (4711)"
        ),
        (
            "mkdir open far; chmod 777 open; ln -s ../far open/link; rmdir cache;"
                + " ln -s open/link cache", "others can write into "
        ),
        (
            "mkdir 'a b' far; chown 4711 'a b'; ln -s ../far 'a b/link'; rmdir cache;"
                + " ln -s $PWD/'a b'/../'a b'/link cache", "a b belongs to another user (4711)"
        ),
        // The group is an account's own.
        ("chgrp games .; chmod 775 .", "and others are in it"),
        (
            "mkdir way far; chgrp games way; chmod 775 way; ln -s ../far way/link; rmdir cache;"
                + " ln -s way/link cache", "and others are in it"
        ),
    ])
    func `a folder that somebody else could change is refused, and nothing is written there`(
        _ words: String, _ expected: String
    ) throws {
        let server = try TestServer()
        try shell("cd \(server.folder) && umask 022 && mkdir cache && \(words)")
        let before = names("\(server.folder)/cache")
        let failure = try #require(try server.bringUp().failure)
        #expect(failure.step == .check)
        #expect(failure.message.contains(expected), "\(failure.message)")
        #expect(failure.message.contains("name another folder"), "\(failure.message)")
        #expect(names("\(server.folder)/cache") == before)
        // This machine's own side says the same.
        let error = #expect(throws: BundleError.self) {
            try BundleCache(folder: "\(server.folder)/cache")
        }
        guard case .unsafeFolder? = error else {
            Issue.record("\(error as Any)")
            return
        }
    }

    @Test func `a user's own group with others in it may not write above the folder`() throws {
        let listed = FileManager.default.temporaryDirectory.path + "/group-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: listed) }
        for (members, isFine) in [
            ("", true), ("root", true), ("root,games", false), ("games", false),
        ] {
            try "root:x:0:\(members)\n".write(toFile: listed, atomically: true, encoding: .utf8)
            let server = try TestServer(mounts: "mount --bind \(listed) /etc/group")
            try shell("cd \(server.folder) && mkdir cache && chmod 775 .")
            let failure = try server.bringUp().failure
            #expect((failure == nil) == isFine, "\(members): \(failure?.message ?? "")")
            guard let failure else { continue }
            #expect(failure.message.contains("the group 0 can write into \(server.folder) "))
            #expect(failure.message.contains("chmod g-w"), "\(failure.message)")
        }
    }

    @Test(arguments: [
        "mkdir far; rmdir cache; ln -s far two; ln -s two cache",
        "mkdir -p above/cache; chmod 1777 above; rmdir cache; ln -s above/cache cache",
        "mkdir -p above/cache; chmod 775 above; rmdir cache; ln -s above/cache cache",
        "chmod 755 cache",
    ])
    func `a folder below one like the one for temporary files, or a group of one, is fine`(
        _ words: String
    ) throws {
        let server = try TestServer()
        try shell("cd \(server.folder) && umask 022 && mkdir cache && \(words)")
        let outcome = try server.bringUp()
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        #expect(throws: Never.self) { try BundleCache(folder: "\(server.folder)/cache") }
    }

    /// What was changed of a placed program, and which of its files are sent again.
    @Test(arguments: [
        ("printf x | dd of=files/PROGRAM bs=1 seek=12 conv=notrunc 2>/dev/null", ["program"]),
        (
            "cp -p files/PROGRAM p; printf x | dd of=p bs=1 seek=12 conv=notrunc 2>/dev/null;"
                + " touch -r files/PROGRAM p; mv p files/PROGRAM", ["program"]
        ),
        ("chown 4711 files/PROGRAM", ["program"]), ("chmod 777 files/PROGRAM", []),
        ("mv files/PROGRAM files/x; ln -s x files/PROGRAM", ["program"]),
        ("ln -sfn /bin/true programs/*/program", []),
        ("cd programs/*; cp /bin/true libnss_x.so", []),
        ("cd programs/*; rm libmore.so; cp ../../files/MORE libmore.so", []),
        ("chown 4711 programs/*", []), ("chmod 777 programs/*", []),
        ("touch files/PROGRAM", []), ("rm programs/*/.checked", []),
        ("chown 4711 programs/*/.checked", []), ("echo >programs/*/.checked", []),
    ])
    func `what was changed on the host since it was sent is never started`(
        _ words: String, _ sent: [String]
    ) throws {
        let server = try TestServer()
        let mark = "echo right >\(server.folder)/said\n"
        let script = TestBundle.joining.replacingOccurrences(
            of: "read -r line", with: mark + "read -r line")
        let bundle = try TestBundle.make(script, in: server.folder)
        #expect(try server.bringUp(bundle: bundle).failure == nil)
        let digests = Dictionary(
            uniqueKeysWithValues: bundle.manifest.files.map { ($0.name, $0.digest) })
        let damage = words.replacingOccurrences(of: "PROGRAM", with: digests["program"] ?? "")
            .replacingOccurrences(of: "MORE", with: digests["libmore.so"] ?? "")
        try shell("cd \(server.folder)/cache && \(damage); rm -f \(server.folder)/said")
        let reports = TestReports()
        let outcome = try server.bringUp(bundle: bundle, reports: reports)
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        let bytes = bundle.manifest.files.filter { sent.contains($0.name) }
            .reduce(0) { $0 + $1.byteCount }
        #expect(reports.bytesSent ?? 0 == bytes)
        #expect(try server.read("said") == "right\n")
        let cache = try BundleCache(folder: "\(server.folder)/cache")
        #expect(cache.use(bundle.manifest.id) != nil)
        let again = TestReports()
        #expect(try server.bringUp(bundle: bundle, reports: again).failure == nil)
        #expect(again.bytesSent == nil)
    }

    @Test func `files are hashed when they came or changed, and not at every start`() throws {
        let server = try server("export PATH=\"$HOME/bin:$PATH\"")
        try shell(
            """
            mkdir \(server.folder)/bin && cd \(server.folder)/bin && cat >sha256sum <<'END'
            #!/bin/sh
            echo called >>\(server.folder)/calls
            exec /usr/bin/sha256sum "$@"
            END
            chmod 755 sha256sum
            """)
        let bundle = try TestBundle.make(TestBundle.joining, in: server.folder)
        for round in 1...3 {
            let outcome = try server.bringUp(bundle: bundle)
            #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
            #expect(try server.read("calls") == "called\n", "round \(round)")
        }
        try shell("touch \(server.folder)/cache/files/*")
        for _ in 1...2 { #expect(try server.bringUp(bundle: bundle).failure == nil) }
        #expect(try server.read("calls") == "called\ncalled\n")
    }

    @Test(arguments: ["it's; touch x", "'\u{301}$(touch x)'\u{301}", "a \"b\" \\", "*"])
    func `words of a jump host stay words for this machine's own shell`(_ name: String) throws {
        let server = try TestServer()
        try server.writeConfiguration([
            "Host beta", "HostName 127.0.0.1", "Port \(server.port)", "ProxyJump alpha",
            "UserKnownHostsFile \(server.folder)/known_hosts", "IdentityFile \(server.folder)/id",
            "IdentityAgent none",
        ])
        try server.copy("ssh_config", to: name)
        let outcome = try server.bringUp("beta") {
            $0.configurationFile = "\(server.folder)/\(name)"
        }
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        #expect(!names(server.folder).contains("x") && !names(".").contains("x"))
    }

    @Test func `what a host says of our address is not where we listen`() throws {
        let server = try server("export SSH_CONNECTION='192.0.2.7 1 `id` 22'")
        let outcome = try server.bringUp()
        #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
        #expect(outcome.facts?.clientAddress == "127.0.0.1")
        #expect(outcome.facts?.reachedAddress == "127.0.0.1")
        #expect(outcome.facts?.hostAddress == "")
        try server.writeConfiguration([
            "Host beta", "HostName 127.0.0.1", "Port \(server.port)",
            "ProxyCommand /bin/bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3'",
            "UserKnownHostsFile \(server.folder)/known_hosts", "IdentityFile \(server.folder)/id",
            "IdentityAgent none",
        ])
        let beyond = try server.bringUp("beta")
        #expect(beyond.failure == nil, "\(beyond.failure?.description ?? "")")
        #expect(beyond.facts?.clientAddress == "" && beyond.facts?.reachedAddress == "")
    }
}
