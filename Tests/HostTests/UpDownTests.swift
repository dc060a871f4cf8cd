// `swoop up`, `swoop status`, `swoop down`: what the tool says and does, and what it leaves behind.

import Foundation
import Glibc
import SwoopLaunching
import SwoopTransport
import TestHosts
import TestPrograms
import Testing

/// What `swoop status --json` says.
private struct StatusOfCluster: Decodable {
    struct Node: Decodable {
        var name: String
        var cores: Int
        var pageBudgetBytes: Int
        var reach: String
        var isSilent: Bool
    }

    var name: String
    var cores: Int
    var nodes: [Node]
}

extension ClusterTests {
    @Suite final class UpDownTests {
        private static let lab = Result { () throws -> (Lab, LabHost, LabHost) in
            let lab = try Lab(preparing: DebianRelease.allCases)
            return (lab, try lab.host(named: "alpha"), try lab.host(named: "beta", .bullseye))
        }

        private let alpha: LabHost
        private let beta: LabHost
        let desk: UserDesk

        init() throws {
            let lab: Lab
            (lab, alpha, beta) = try Self.lab.get()
            desk = try UserDesk(lab)
        }

        private func status() throws -> [StatusOfCluster] {
            let said = try desk.swoop("status", "--json")
            return try JSONDecoder().decode([StatusOfCluster].self, from: Data(said.output.utf8))
        }

        @Test func `what a hosts file says of its hosts holds`() throws {
            let path = desk.folder.path + "/hosts.yaml"
            try write(
                """
                cluster: lab
                hosts:
                  - name: first
                    address: alpha
                    cores: 1
                    memory: 100MiB
                    folder: /tmp/programs
                    prolog: export MARK=from-the-prolog
                  - beta:cores=3
                  - local:cores=1,memory=50MiB
                """, to: path)
            let up = try desk.swoop("up", path)
            #expect(up.status == 0, "\(up.errors)")
            #expect(up.errors.hasSuffix("swoop: 3 of 3 hosts are up\n"), "\(up.errors)")
            let cluster = try #require(try status().first)
            #expect(cluster.name == "lab")
            let nodes = Dictionary(uniqueKeysWithValues: cluster.nodes.map { ($0.name, $0) })
            #expect(nodes.mapValues(\.cores) == ["first": 1, "beta": 3, "local": 1])
            #expect(nodes["first"]?.pageBudgetBytes == 100 << 20)
            #expect(nodes["local"]?.pageBudgetBytes == 50 << 20)
            #expect(
                nodes.mapValues(\.reach) == [
                    "first": "network", "beta": "network", "local": "sameMachine",
                ])
            #expect(!alpha.programs(in: "/tmp/programs").isEmpty)
            let agent = try #require(alpha.processes().first)
            let environment = contents(of: "/proc/\(agent.pid)/environ").split(separator: 0)
            #expect(environment.contains(Array("MARK=from-the-prolog".utf8)[...]))
            let down = try desk.swoop("down", "lab")
            #expect(down.status == 0 && down.errors == "swoop: lab is down\n")
            #expect(alpha.processesLeft == [] && beta.processesLeft == [])
            #expect(desk.processesLeft == [])
            #expect(desk.folder.addresses == [])
        }

        @Test func `a name, a list, a second time, and the end of it`() throws {
            let up = try desk.swoop("up", "--name", "night", "--json", "alpha:cores=1", "local")
            #expect(up.status == 0 && up.errors == "", "\(up.errors)")
            #expect(
                up.output == """
                    [{"host":"alpha","isCarried":false,"isUp":true},\
                    {"host":"local","isCarried":false,"isUp":true}]

                    """)
            let again = try desk.swoop("up", "--name", "night", "alpha")
            #expect(again.status == 0)
            #expect(again.errors == "swoop: alpha: is up\nswoop: 1 of 1 host is up\n")
            let held = try desk.swoop("up", "--foreground", "--name", "night", "alpha")
            #expect(held.status == 1)
            #expect(held.errors.hasPrefix("swoop: a cluster named night runs already, in process"))
            #expect(held.errors.contains("`swoop down night`"))
            let table = try desk.swoop("status").output.split(separator: "\n")
            #expect(table.count == 5 && table[0].hasPrefix("NAME"), "\(table)")
            #expect(
                table[2].split(separator: " ") == [
                    "NODE", "CLUSTER", "CORES", "BUSY", "MEMORY", "REACHED",
                ])
            #expect(
                table[3...].contains { $0.hasPrefix("alpha") && $0.hasSuffix("over the network") })
            #expect(
                table[3...].contains { $0.hasPrefix("local") && $0.hasSuffix("on this machine") })
            let other = try desk.swoop("down", "day")
            #expect(other.status == 1 && other.errors.contains("no cluster named day runs here"))
            let program = try desk.run(["job", "local", "5000", "20"])
            _ = try program.value(of: "first")
            let own = try #require(try status().first { $0.name != "night" })
            let refused = try desk.swoop("down", own.name)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("belongs to a program"))
            #expect(try desk.swoop("down").status == 0)
            let nothing = try desk.swoop("down")
            #expect(nothing.status == 1)
            #expect(
                nothing.errors
                    == "swoop: no cluster is up here for this user: there is nothing to end\n")
            program.process.kill(SIGTERM)
            try program.end()
            #expect(alpha.processesLeft == [] && desk.processesLeft == [])
        }

        @Test func `Ctrl-C while a host hangs ends everything within a second`() throws {
            let silent = try SilentListener()
            let up = try desk.start(["up", "alpha", "127.0.0.1:port=\(silent.port)"])
            try up.read(until: "alpha has joined") { $0.errors.contains("alpha: joined") }
            up.process.kill(SIGINT)
            let ended = try desk.ended(up)
            #expect(ended.seconds < 1, "\(ended.seconds) s")
            #expect(ended.status == 1 && ended.errors.hasSuffix("swoop: stopped: no host is up\n"))
            #expect(alpha.processesLeft == [] && desk.processesLeft == [])
            #expect(desk.folder.addresses == [])
        }

        @Test
        func `Ctrl-C while the program is sent ends it within a second and leaves no part of it`()
            throws
        {
            try alpha.limitLink(megabitsPerSecond: 100)
            defer { try? alpha.unlimitLink() }
            let up = try desk.start(["up", "alpha:folder=/tmp/broken"])
            try up.read(until: "it is being sent") { _ in
                alpha.incoming(in: "/tmp/broken").contains { $0.hasPrefix("ssh-") }
            }
            up.process.kill(SIGINT)
            let ended = try desk.ended(up)
            #expect(ended.seconds < 1, "\(ended.seconds) s")
            #expect(ended.status == 1)
            #expect(desk.processesLeft == [])
            #expect(try holds(within: 30) { alpha.incoming(in: "/tmp/broken").isEmpty })
            #expect(alpha.processesLeft == [])
            #expect(alpha.programs(in: "/tmp/broken") == [])
            #expect(alpha.cachedFiles(in: "/tmp/broken") == [])
        }

        @Test func `a service in the foreground ends with SIGTERM and takes all with it`() throws {
            let up = try desk.start(["up", "--foreground", "alpha", "local"])
            try up.read(until: "it is up") { $0.errors.contains("2 of 2 hosts are up") }
            #expect(try desk.job(20)["right"] == "20")
            up.process.kill(SIGTERM)
            let ended = try desk.ended(up)
            #expect(ended.status == 0 && ended.seconds < 2, "\(ended.seconds) s, \(ended.errors)")
            #expect(alpha.processesLeft == [] && desk.processesLeft == [])
            #expect(desk.folder.addresses == [])
            let none = try desk.swoop("up", "--foreground", "nobody.invalid")
            #expect(none.status == 1 && none.errors.hasSuffix("swoop: no host came up\n"))
        }

        @Test
        func `progress is a line for each host, rewritten at a terminal, and plain in a pipe`()
            throws
        {
            let here = try desk.swoopAtTerminal("up", "alpha", "beta")
            #expect(here.status == 0, "\(here.output)")
            let screen = screen(of: here.output)
            #expect(screen.count == 3, "\(screen)")
            #expect(screen[0].hasPrefix("alpha  joined after "), "\(screen)")
            #expect(screen[1].hasPrefix("beta   joined after "), "\(screen)")
            #expect(screen[2] == "swoop: 2 of 2 hosts are up", "\(screen)")
            #expect(here.output.contains("\u{1b}["))
            try desk.swoop("down")
            let piped = try desk.swoop("up", "alpha", "beta")
            #expect(!piped.errors.contains("\u{1b}"))
            let lines = piped.errors.split(separator: "\n")
            #expect(lines.count == 3 && lines.allSatisfy { $0.hasPrefix("swoop: ") }, "\(lines)")
            try desk.swoop("down")
        }

        /// What a terminal shows after these characters, as far as the tool uses one.
        private func screen(of text: String) -> [String] {
            var lines: [String] = [""]
            var row = 0
            var rest = text.replacing("\r\n", with: "\n")[...]
            while let character = rest.popFirst() {
                switch character {
                case "\n":
                    row += 1
                    if row == lines.count { lines.append("") }
                case "\r": lines[row] = ""
                case "\u{1b}" where rest.first == "[":
                    let order = rest.dropFirst().prefix { $0.isNumber || $0 == "?" }
                    rest = rest.dropFirst(1 + order.count)
                    if rest.popFirst() == "A" { row -= Int(order) ?? 1 }
                default: lines[row].append(character)
                }
            }
            return lines.filter { !$0.isEmpty }
        }

        @Test(arguments: [
            (["up"], 64, "name a hosts file, or hosts"),
            (["up", "--cores", "3", "alpha"], 64, "Unknown option '--cores'"),
            (["up", "none.yaml"], 1, "none.yaml: cannot be read: No such file"),
            (["up", "a.yaml", "alpha"], 64, "a hosts file stands alone"),
            (["up", "alpha:core=3"], 1, "\"core=3\" is no setting: write host:cores=8"),
            (["up", "alpha", "alpha"], 1, "is in the list twice"),
            (["up", "alpha:folder=/a\tb"], 1, "folder is \"/a?b\": write a path"),
            (["up", "alpha:folder=/a\nb"], 1, "folder is \"/a?b\": write a path"),
            (["up", "alpha:folder=/a\u{1b}[2Jb"], 1, "folder is \"/a?[2Jb\": write a path"),
            (["up", "--name", "a b", "alpha"], 1, "use letters, digits, - and _"),
            (["up", "--connect-limit", "0", "alpha"], 64, "a number of seconds from 1 to 3600"),
            (["down", "a", "b"], 1, "no cluster named a runs here"),
            (["down", "--within", "86401", "a"], 64, "a number of seconds from 0 to 86400"),
        ])
        func `a wrong command line is answered with what would be right`(
            _ arguments: [String], _ status: Int32, _ words: String
        ) throws {
            let ended = try desk.ended(try desk.start(arguments))
            #expect(ended.status == status)
            #expect(ended.errors.contains(words), "\(ended.errors)")
            #expect(ended.errors.hasPrefix("swoop: ") || ended.errors.hasPrefix("Error: "))
            #expect(desk.processesLeft == [])
        }

        @Test(arguments: ["", "up", "down", "status", "top"])
        func `help fits a terminal of 80 columns and shows examples`(_ command: String) throws {
            let arguments = (command.isEmpty ? [] : [command]) + ["--help"]
            let help = try desk.ended(try desk.start(arguments))
            #expect(help.status == 0 && help.output.contains("EXAMPLES:"))
            let lines = help.output.split(separator: "\n")
            #expect(lines.filter { $0.count > 80 && !$0.hasPrefix("USAGE") } == [])
            // A line that was broken by force leaves a rest of one or two words.
            let discussion = help.output.split(separator: "USAGE:")[0].split(separator: "\n")
            let examples = discussion.filter { $0.hasPrefix("  swoop") }
            #expect(
                examples.count >= 2 && examples.allSatisfy { $0.dropFirst(2).contains("  ") },
                "\(examples)")
        }

        @Test func `twenty times up and down leaves everything as it was`() throws {
            let memory = TestFolder.names(in: "/dev/shm")
            let scratch = desk.folder.path + "/tmp"
            let isMade = unsafe mkdir(scratch, 0o700) == 0
            try #require(isMade)
            var first: [[String]] = []
            for round in 1...20 {
                let up = try desk.ended(
                    try desk.start(
                        ["up", "alpha", "beta", "local"], environment: ["TMPDIR": scratch]))
                #expect(up.status == 0, "\(up.errors)")
                if round % 10 == 0 { #expect(try desk.job(10, 1)["right"] == "10") }
                #expect(try desk.swoop("down").status == 0)
                let now =
                    [alpha, beta].flatMap { host in
                        [
                            host.processesLeft, host.sharedMemory(), host.files(under: "/tmp"),
                            host.incoming(), host.files(under: "/home/worker"),
                        ]
                    } + [TestFolder.names(in: scratch), desk.folder.addresses]
                if round == 10 { first = now }
                if round > 10 { #expect(now == first) }
                #expect(desk.processesLeft == [])
            }
            #expect(alpha.processesLeft == [] && beta.processesLeft == [])
            #expect(TestFolder.names(in: "/dev/shm").filter { !memory.contains($0) } == [])
        }

        @Test func `a process that opens and closes clusters of hosts stays as large as it is`()
            throws
        {
            let run = try desk.run(
                ["cycles", "15"],
                environment: ["SWOOP_CONNECT": "", "SWOOP_HOSTS": "alpha beta"])
            #expect(try run.end(within: 120) == .exited(0), "\(run.output)\(run.errors)")
            let values = run.values.compactMapValues { Int($0) }
            #expect(run.values["wrong"] == nil)
            #expect(values["descriptors at end"] == values["descriptors at start"], "\(values)")
            // The pool of Swift's own concurrency may have grown to a thread a core meanwhile.
            let threads = (values["threads at end"] ?? .max) - (values["threads at start"] ?? 0)
            #expect(threads <= 2, "\(values)")
            let growth = (values["bytes at end"] ?? .max) - (values["bytes at start"] ?? 0)
            // Ten clusters more.
            #expect(growth < 8 << 20, "\(growth) bytes")
            #expect(alpha.processesLeft == [] && beta.processesLeft == [])
            #expect(desk.processesLeft == [])
        }
    }
}
