// Lists of hosts, on a command line and in a file.

import Glibc
import SwoopHosts
import Testing

@Suite struct HostListTests {
    @Test func `hosts of a command line`() throws {
        let list = try HostList.parse(arguments: [
            "alpha", "me@beta:cores=8,folder=/scratch/a,b,memory=4GiB", "[::1]:port=2222",
            "local:spill=/disk/a,b,cores=2",
        ])
        #expect(list.hosts.map(\.name) == ["alpha", "beta", "::1", "local"])
        #expect(list.hosts.map(\.isLocal) == [false, false, false, true])
        #expect(list.hosts[1].user == "me")
        #expect(list.hosts[1].cores == 8)
        #expect(list.hosts[1].folder == "/scratch/a,b")
        #expect(list.hosts[1].memoryBytes == 4 << 30)
        #expect(list.hosts[2].port == 2_222)
        #expect(list.hosts[3].spillFolder == "/disk/a,b")
        #expect(list.hosts[3].cores == 2)
    }

    @Test(arguments: [
        ("", "cannot be a host"), ("-oProxyCommand=x", "cannot be a host"),
        ("a b", "cannot be a host"), ("a;b", "cannot be a host"),
        ("alpha:core=8", "\"core=8\" is no setting"), ("alpha:cores=0", "1 to 4096"),
        ("alpha:cores=", "has no value"), ("alpha:port=70000", "65535"),
        ("alpha:memory=much", "4GiB"), ("alpha:folder=relative", "begins with /"),
        ("alpha:spill=relative", "spill is \"relative\": write a path that begins with / or ~/"),
        ("-x@alpha", "user's name"), ("[::1]x", "after the host"), ("fe80::1", "is no setting"),
    ])
    func `what is wrong on a command line is said`(argument: String, words: String) {
        let error = #expect(throws: HostListError.self) {
            try HostList.parse(arguments: [argument])
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func `a hosts file`() throws {
        let text = """
            cluster: lab
            defaults:
              user: worker
              memory: 1.5GiB
            hosts:
              - alpha
              - me@beta:cores=2
              - name: gamma
                address: 10.0.0.7
                cores: 16
                spill: ~/pages
                prolog: module load gcc, and more
                identity: ~/.ssh/lab
              - local
            """
        let list = try HostList.parse(yaml: text, file: "hosts.yaml")
        #expect(list.clusterName == "lab")
        #expect(list.hosts.map(\.name) == ["alpha", "beta", "gamma", "local"])
        #expect(list.hosts.map(\.user) == ["worker", "me", "worker", "worker"])
        #expect(list.hosts[2].address == "10.0.0.7")
        #expect(list.hosts[2].cores == 16)
        #expect(list.hosts[2].spillFolder == "~/pages")
        #expect(list.hosts[2].prolog == "module load gcc, and more")
        #expect(list.hosts[0].memoryBytes == 3 << 29)
        #expect(list.hosts[3].isLocal)
    }

    @Test func `the example of a hosts file is one`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let list = try HostList.read(file: "/\(root)/Deploy/hosts.example.yaml")
        #expect(list.hosts.count > 2)
    }

    @Test(arguments: [
        "\u{FEFF}hosts: [a]", "hosts:\r\n  - a\r\n", "%YAML 1.1\n---\nhosts: [!!str a]\n...",
    ])
    func `forms that editors write are read`(_ text: String) throws {
        #expect(try HostList.parse(yaml: text, file: "hosts.yaml").hosts.map(\.name) == ["a"])
    }

    @Test(arguments: [
        ("", "empty"), ("hosts: [alpha", "hosts.yaml:"), ("- alpha", "hosts.yaml:1: "),
        ("cluster: lab", "hosts is missing"), ("hosts: alpha", "hosts.yaml:1: hosts is a list"),
        ("host:\n  - alpha", "hosts.yaml:1: there is no key \"host\"; allowed are cluster"),
        ("hosts:\n  - alpha\n  - alpha", "hosts.yaml:3: \"alpha\" is in the list twice"),
        ("hosts:\n  - name: alpha\n    core: 3", "hosts.yaml:3: there is no setting \"core\""),
        ("hosts:\n  - name: alpha\n    cores: many", "hosts.yaml:3: cores is \"many\""),
        ("hosts:\n  - cores: 3", "needs a name"), ("hosts:\n  - [a, b]", "a name or a mapping"),
        ("defaults:\n  address: x\nhosts: [a]", "no setting \"address\""),
        ("hosts: [a]\nhosts: [b]", "twice"), ("cluster: a/b\nhosts: [a]", "cluster is a name"),
        ("hosts:\n  - alpha\n  - beta:cores=x", "hosts.yaml:3: cores is \"x\""),
        ("hosts: [\"\\0\"]", "cannot be a host"), ("hosts: []", "hosts is a list"),
        ("hosts: [a]\n---\nhosts: [b]", "hosts.yaml:2: a hosts file is one document"),
        ("# nothing\n", "is empty"), ("hosts:\n\t- a", "hosts.yaml:2: is no YAML here"),
        ("hosts: [a]\n? [b]\n: c", "there is no key of that kind"),
        ("hosts: [a]\n\u{1}", "is no YAML here: control characters are not allowed"),
    ])
    func `what is wrong in a file is said with its line`(text: String, words: String) {
        let error = #expect(throws: HostListError.self) {
            try HostList.parse(yaml: text, file: "hosts.yaml")
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("hosts: &a [alpha]", 1), ("hosts:\n  - &a alpha\n", 2), ("x: 1\n*a : 2", 2),
        ("defaults: {user: &u me}\nhosts: [a]", 1), ("? *a\n: 1", 1), ("- - &b x", 1),
        ("hosts:\n  - !!str &a alpha", 2), ("{\"a\":*b}", 1), ("{'a': 1,*b : 2}", 1),
        ("a: \"x\n  y\"\nb: *c", 3), ("a: 'it''s'\nb: *c", 2), ("a: it's\nb: *c # it's", 2),
        ("hosts:\n  - prolog: |\n      x\n    user: *u", 4), ("a: x\u{85}*b : 1", 2),
        ("a: [x,\n*b]", 2), ("hosts: [#]\n 0,&a q, r ]", 2), ("a: {x: 1,#}\n y: *b}", 2),
        ("a: [x]#[\nb: *c", 2), ("a: \"x\"#\"\nb: *c", 2),
    ])
    func `anchors and aliases are refused with their line, before they can multiply`(
        _ text: String, _ line: Int
    ) {
        let error = #expect(throws: HostListError.self) {
            try HostList.parse(yaml: text, file: "hosts.yaml")
        }
        let said = error?.description ?? ""
        #expect(said.hasPrefix("hosts.yaml:\(line): anchors (&) and aliases (*)"), "\(said)")
    }

    @Test func `an alias as a key, of a node of many aliases, is refused at once`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            let inner = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(inner)]\n"
        }
        let error = #expect(throws: HostListError.self) {
            try HostList.parse(yaml: text + "? *a20\n: 1\nhosts: [a]\n", file: "hosts.yaml")
        }
        #expect(error?.line == 1)
    }

    @Test func `ampersands and stars that begin no value are text`() throws {
        let text = """
            # use *all* of them & more: &x *y
            hosts:
              - name: alpha # *these* and &those
                prolog: module load gcc && export A=*b &c
              - name: beta
                prolog: "&quoted *text"
              - {name: gamma, prolog: 'it''s *quoted &text'}
              - name: delta
                prolog: |
                  &in a block
                  x: *y
                user: me
              - name: epsilon
                prolog: >-
                  *folded

                  &text
              - zeta:folder=/a&b/*c
            """
        let list = try HostList.parse(yaml: text, file: "hosts.yaml")
        #expect(list.hosts.map(\.name) == ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"])
        #expect(list.hosts[0].prolog == "module load gcc && export A=*b &c")
        #expect(list.hosts[3].user == "me")
        #expect(list.hosts[5].folder == "/a&b/*c")
    }

    @Test(arguments: ["[", "{a: ", "- ", "? "])
    func `a file that is nested without an end is refused`(_ opening: String) {
        let text = String(repeating: opening, count: 100_000)
        #expect(throws: HostListError.self) {
            try HostList.parse(yaml: "hosts: " + text, file: "hosts.yaml")
        }
        #expect(throws: HostListError.self) { try HostList.parse(yaml: text, file: "hosts.yaml") }
    }

    @Test(arguments: ["/a:b", "/a;b", "/$LIB", "~/$ORIGIN"])
    func `a folder that the loader would take for more than a name is refused`(_ folder: String) {
        let error = #expect(throws: HostListError.self) {
            try HostList.parse(arguments: ["alpha:folder=\(folder)"])
        }
        #expect(error?.description.contains("a colon, a semicolon or a dollar sign") == true)
    }

    @Test func `a file that everybody may write is refused`() throws {
        let path = "/tmp/swoop-hosts-\(getpid()).yaml"
        defer { _ = unsafe unlink(path) }
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let text = Array("hosts: [a]".utf8)
        try #require(unsafe write(descriptor, text, text.count) == text.count)
        #expect(try HostList.read(file: path).hosts.map(\.name) == ["a"])
        #expect(fchmod(descriptor, 0o666) == 0)
        let error = #expect(throws: HostListError.self) { try HostList.read(file: path) }
        #expect(error?.description.contains("others can write into") == true)
    }

    @Test func `a pipe with a name that everybody may write is refused`() throws {
        let path = "/tmp/swoop-hosts-\(getpid()).pipe"
        try #require(unsafe mkfifo(path, 0o600) == 0)
        defer { _ = unsafe unlink(path) }
        try #require(unsafe chmod(path, 0o666) == 0)
        // Open for both, so that nobody waits for the other end.
        let descriptor = unsafe open(path, O_RDWR | O_NONBLOCK)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let error = #expect(throws: HostListError.self) { try HostList.read(file: path) }
        #expect(error?.description.contains("nobody but") == true, "\(String(describing: error))")
    }

    /// As OpenSSH has it of what it is told by files.
    @Test(.enabled(if: geteuid() == 0), arguments: ["foreign", "group", "folder", "link"])
    func `a file that another user can change or put another in the place of is refused`(
        _ what: String
    ) throws {
        let folder = "/tmp/swoop-hosts-\(getpid())-\(what)"
        let (path, link) = (folder + "/hosts.yaml", folder + "/link.yaml")
        try #require(unsafe mkdir(folder, 0o700) == 0)
        defer {
            for name in [path, link] { _ = unsafe unlink(name) }
            _ = unsafe rmdir(folder)
        }
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let text = Array("hosts: [a]".utf8)
        try #require(unsafe write(descriptor, text, text.count) == text.count)
        try #require(unsafe symlink("hosts.yaml", link) == 0)
        #expect(try HostList.read(file: link).hosts.map(\.name) == ["a"])
        let words: String
        switch what {
        case "foreign":
            #expect(fchown(descriptor, 1, 0) == 0)
            words = "belongs to another user (1)"
        case "group":
            // A group with somebody else in it.
            #expect(fchown(descriptor, 0, 1) == 0 && fchmod(descriptor, 0o660) == 0)
            words = "the group 1 can write into"
        case "folder":
            #expect(unsafe chmod(folder, 0o777) == 0)
            words = "others can write into \(folder)"
        default:
            #expect(unsafe lchown(link, 1, 0) == 0)
            words = "belongs to another user (1)"
        }
        let error = #expect(throws: HostListError.self) { try HostList.read(file: link) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func `a file that is not there is named`() {
        let error = #expect(throws: HostListError.self) {
            try HostList.read(file: "/nonexistent/hosts.yaml")
        }
        #expect(error?.description.hasPrefix("/nonexistent/hosts.yaml: cannot be read") == true)
    }
}
