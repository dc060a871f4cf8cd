// Programs that come to a standing cluster: several at once, rebuilt, replaced, half sent. What a
// host keeps of them is looked at in its cache.

import Foundation
import Glibc
import SwoopLaunching
import SwoopModel
import SwoopTransport
import SwoopWire
import TestHosts
import TestPrograms
import Testing

extension ClusterTests {
    @Suite final class ProgramTests {
        private static let lab = Result { () throws -> (Lab, LabHost) in
            let lab = try Lab(preparing: [.bookworm])
            return (lab, try lab.host(named: "alpha"))
        }

        private let lab: Lab
        private let alpha: LabHost
        private let desk: UserDesk

        init() throws {
            (lab, alpha) = try Self.lab.get()
            desk = try UserDesk(lab)
        }

        private func up(_ arguments: String...) throws {
            let run = try desk.start(["up"] + (arguments.isEmpty ? ["alpha"] : arguments))
            let ended = try desk.ended(run)
            #expect(ended.status == 0, "\(ended.errors)")
        }

        private func down() throws {
            #expect(try desk.swoop("down").status == 0)
            #expect(alpha.processesLeft == [] && desk.processesLeft == [])
        }

        /// Another build of the test program: the same bytes but for the words of its edition.
        private func edition(_ words: String) throws -> String {
            let path = desk.folder.path + "/" + words.replacing(" ", with: "-")
            let own = try #require(ProgramRun.programPath)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: own))
            let before = Data("the first edition of this program".utf8)
            let place = try #require(bytes.range(of: before))
            let text =
                Data(words.utf8) + Data(repeating: 0x2e, count: before.count - words.utf8.count)
            bytes.replaceSubrange(place, with: text)
            try bytes.write(to: URL(fileURLWithPath: path))
            let isExecutable = unsafe chmod(path, 0o755) == 0
            try #require(isExecutable)
            return path
        }

        /// Bytes that the host has received so far.
        private var received: Int {
            get throws {
                let said = try alpha.run("cat /sys/class/net/eth0/statistics/rx_bytes")
                return Int(said.output.split(separator: "\n")[0]) ?? 0
            }
        }

        @Test func `two programs run on one cluster at the same time, and both are right`() throws {
            let index = desk.folder.path + "/Packages"
            try write(PackageIndex.text(of: 3_000), to: index)
            let rank = try #require(ProgramRun.path(of: "DebianRank"))
            let arguments = ["--index", index, "--top", "50"]
            let alone = try desk.run(
                arguments, program: rank, environment: ["SWOOP_CONNECT": "local"])
            #expect(try alone.end() == .exited(0), "\(alone.errors)")
            try up()
            let job = try desk.run(["job", "environment", "400", "5"])
            _ = try job.value(of: "first")
            let ranking = try desk.run(arguments, program: rank)
            #expect(try ranking.end() == .exited(0), "\(ranking.errors)")
            #expect(try job.end() == .exited(0), "\(job.errors)")
            #expect(job.values["right"] == "400" && job.values["chain"] == "250000")
            let lines = { (run: ProgramRun) in PackageIndex.ranking(in: run.output) }
            #expect(lines(alone).count == 50, "\(alone.output)")
            #expect(lines(ranking) == lines(alone), "\(ranking.output)\(alone.output)")
            try down()
        }

        @Test func `a rebuilt program sends only itself, and runs its own code beside the old one`()
            throws
        {
            try up()
            let stop = desk.folder.path + "/stop"
            let old = try desk.run(["editions", stop])
            _ = try old.value(of: "began")
            let filesBefore = Set(alpha.cachedFiles())
            let rebuilt = try edition("the second edition")
            let bytesBefore = try received
            let new = try desk.run(["editions", stop], program: rebuilt)
            _ = try new.value(of: "began")
            let fresh = Set(alpha.cachedFiles()).subtracting(filesBefore)
            #expect(fresh.count == 1)
            // The executable in its compressed form, and words; all of the program is three times
            // that.
            let executable = try #require(fresh.first.map { alpha.size(of: $0) })
            #expect(try received - bytesBefore < executable)
            try write("", to: stop)
            #expect(try old.end() == .exited(0) && new.end() == .exited(0))
            #expect(old.values["editions"] == "the first edition of this program")
            #expect(new.values["editions"]?.hasPrefix("the second edition.") == true)
            try down()
        }

        @Test func `clients that come at once with the same new program have it sent once`() throws
        {
            try up()
            #expect(try desk.job(1)["right"] == "1")
            let program = try edition("the edition of several")
            let before = (files: Set(alpha.cachedFiles()), bytes: try received)
            let runs = try (0..<4).map { _ in
                try desk.run(["job", "environment", "20", "1"], program: program)
            }
            for run in runs {
                #expect(try run.end() == .exited(0), "\(run.errors)")
                #expect(run.values["right"] == "20")
            }
            let fresh = Set(alpha.cachedFiles()).subtracting(before.files)
            #expect(fresh.count == 1)
            let executable = try #require(fresh.first.map { alpha.size(of: $0) })
            #expect(try received - before.bytes < executable)
            try down()
        }

        @Test func `a client of another version is told so in a sentence`() throws {
            try up()
            let address = try #require(try desk.folder.address(of: "standing"))
            let socket = try Socket(
                .dealer, in: TransportContext(),
                security: .client(
                    try CurveKeys(secretKey: address.clientSecretKey), serverKey: address.serverKey)
            )
            try socket.connect(to: address.endpoint)
            let hello = ClientMessage.hello(
                version: wireVersion + 1, client: ClientID(1), program: ProgramID("another"),
                name: "test")
            #expect(try socket.send(hello.encoded().map { Frame($0) }) == .sent)
            var said = ""
            let isAnswered = try holds(within: 10) {
                guard let message = try socket.receive() else { return false }
                let reply = try ClientReply(frames: message.frames.map(\.bytes))
                if case .refused(let words) = reply { said = words }
                return true
            }
            #expect(isAnswered)
            #expect(
                said.contains("another version of Swoop (wire version \(wireVersion))"), "\(said)")
            #expect(said.contains("build both with the same"))
            try down()
        }

        @Test func `a program that is replaced on disk while it runs goes on as it began`() throws {
            try up()
            let path = try edition("the edition that was there")
            let stop = desk.folder.path + "/stop"
            // Half of them begin before the file is replaced and are sent after it.
            let local = try desk.run(
                ["editions", stop], program: path, environment: ["SWOOP_CONNECT": "local"])
            _ = try local.value(of: "began")
            let here = try desk.run(["editions", stop], program: path)
            _ = try here.value(of: "began")
            let other = try edition("the edition after it")
            let isReplaced = unsafe rename(other, path) == 0
            try #require(isReplaced)
            let next = try desk.run(["editions", stop], program: path)
            _ = try next.value(of: "began")
            try write("", to: stop)
            for run in [local, here, next] {
                #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            }
            #expect(local.values["editions"]?.hasPrefix("the edition that was there.") == true)
            #expect(here.values["editions"]?.hasPrefix("the edition that was there.") == true)
            #expect(next.values["editions"]?.hasPrefix("the edition after it.") == true)
            try down()
        }

        @Test func `an agent that dies while it receives a program leaves nothing that starts`()
            throws
        {
            let folder = "/tmp/half"
            try up("alpha:folder=\(folder)")
            let before = alpha.programs(in: folder)
            let program = try edition("the edition that was cut")
            try alpha.limitLink(megabitsPerSecond: 40)
            let run = try desk.run(["job", "environment", "5", "1"], program: program)
            #expect(try holds(within: 20) { !alpha.incoming(in: folder).isEmpty })
            for process in alpha.processes() { _ = kill(process.pid, SIGKILL) }
            try alpha.unlimitLink()
            #expect(alpha.processesLeft == [])
            #expect(alpha.programs(in: folder) == before)
            run.process.kill(SIGKILL)
            try run.end()
            try down()
            try up("alpha:folder=\(folder)")
            #expect(try desk.job(5, program: program)["right"] == "5")
            #expect(alpha.incoming(in: folder) == [])
            try down()
        }

        @Test func `programs that nobody used for long go when the cache is over its bound`() throws
        {
            try up()
            let before = Set(alpha.cachedFiles())
            let program = try edition("the edition of long ago")
            #expect(try desk.job(1, program: program)["right"] == "1")
            let file = try #require(Set(alpha.cachedFiles()).subtracting(before).first)
            try down()
            // 3 GiB without taking space, and nobody was there for three days.
            let script =
                "cd .cache/swoop && truncate -s 3G files/\(file)"
                + " && touch -d '3 days ago' files/* programs/*/.lock"
            try #require(try alpha.run(script).isSuccess)
            try up()
            #expect(try holds(within: 5) { !alpha.cachedFiles().contains(file) })
            #expect(try desk.job(1, program: program)["right"] == "1")
            try down()
        }

        @Test func `a bringing up that is killed half-way leaves nothing that starts`() throws {
            let folder = "/tmp/killed"
            try alpha.limitLink(megabitsPerSecond: 100)
            let run = try desk.start(["up", "alpha:folder=\(folder)"])
            try run.read(until: "it is being sent") { _ in
                alpha.incoming(in: folder).contains { $0.hasPrefix("ssh-") }
            }
            for pid in desk.folder.processes { _ = kill(pid, SIGKILL) }
            try run.end()
            try alpha.unlimitLink()
            #expect(alpha.processesLeft == [])
            #expect(alpha.programs(in: folder) == [] && alpha.cachedFiles(in: folder) == [])
            try up("alpha:folder=\(folder)")
            #expect(try desk.job(5)["right"] == "5")
            #expect(alpha.incoming(in: folder) == [])
            try down()
        }
    }
}

extension LabHost {
    /// Bytes of a file of the cache.
    fileprivate func size(of file: String) -> Int {
        var status = stat()
        let path = "\(root)/home/worker/.cache/swoop/files/\(file)"
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}

/// A small index of packages that depend on one another.
private enum PackageIndex {
    static func text(of count: Int) -> String {
        (0..<count).map { i in
            let others = [i / 2, i / 3, (i &* 7_919) % count].map { "p\($0)" }
            return "Package: p\(i)\nVersion: 1\nDepends: \(others.joined(separator: ", "))\n"
        }.joined(separator: "\n")
    }

    /// The lines that name packages, without those about times.
    static func ranking(in output: String) -> [Substring] {
        output.split(separator: "\n").filter { line in
            line.split(separator: " ").contains { $0.first == "p" && Int($0.dropFirst()) != nil }
        }
    }
}
