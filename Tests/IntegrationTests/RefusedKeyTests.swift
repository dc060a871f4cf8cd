// What is told where a coordinator does not take the key of its own address: at once, and with what
// to do; and what one odd cluster keeps from the others, which is nothing.

import Foundation
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct RefusedKeyTests {
        private let folder: TestFolder
        private let standing: ProgramRun
        private let tool: String

        init() throws {
            folder = try TestFolder()
            standing = try ProgramRun(["standing", "alpha"], in: folder)
            try folder.waitForAddress(of: "alpha")
            tool = try #require(ProgramRun.path(of: "swoop"))
        }

        private func path(of cluster: String) -> String {
            "\(folder.path)/swoop/\(cluster).address"
        }

        /// Writes the address of alpha as that of another cluster, with some of its lines changed.
        private func write(_ cluster: String, changing lines: [String: String]) throws {
            let text = try String(contentsOfFile: path(of: "alpha"), encoding: .utf8)
            let changed = text.split(separator: "\n").map { line -> String in
                let key = String(line.prefix { $0 != "=" })
                return lines[key].map { "\(key)=\($0)" } ?? String(line)
            }
            let whole = changed.joined(separator: "\n") + "\n"
            try Data(whole.utf8).write(to: URL(fileURLWithPath: path(of: cluster)))
        }

        private func withdrawKey(ofHolder holder: String = "machine") throws {
            let key = try CurveKeys.generate().secretKey.withBytes {
                unsafe String(decoding: $0, as: UTF8.self)
            }
            try write("alpha", changing: ["client-secret-key": key, "holder": holder])
        }

        @Test(arguments: [
            ["top", "--json"], ["data"], ["data", "--json"], ["data", "free", "sales"],
            ["down", "beta"],
        ])
        func `a command whose key is refused says so, and what to do`(_ words: [String]) throws {
            // Only a cluster of hosts is asked for them.
            try withdrawKey(ofHolder: words[0] == "down" ? "hosts" : "machine")
            let run = try ProgramRun(words, in: folder, program: tool)
            #expect(try run.end() == .exited(1), "\(run.output)\(run.errors)")
            #expect(
                run.errors.contains(
                    "alpha does not take the key of \(path(of: "alpha")): start the cluster anew, or"
                        + " remove that file"), "\(run.errors)")
            #expect(run.output.isEmpty)
        }

        @Test func `a list of clusters says of which one the key is refused`() throws {
            try withdrawKey()
            let sentence = "alpha does not take the key of \(path(of: "alpha"))"
            let run = try ProgramRun(["status"], in: folder, program: tool)
            #expect(try run.end() == .exited(0), "\(run.errors)")
            #expect(run.output.contains(sentence), "\(run.output)")
            let json = try ProgramRun(["status", "--json"], in: folder, program: tool)
            #expect(try json.end() == .exited(0), "\(json.errors)")
            let rows = try #require(
                JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
            #expect(rows.first?["answers"] as? Bool == false)
            #expect((rows.first?["trouble"] as? String)?.hasPrefix(sentence) == true)
        }

        @Test func `a program whose key is refused says so`() throws {
            try withdrawKey()
            let run = try ProgramRun(["job", "alpha", "1", "1"], in: folder)
            #expect(try run.end() == .exited(1), "\(run.output)\(run.errors)")
            #expect(
                (run.output + run.errors).contains(
                    "the coordinator does not take this program's key"),
                "\(run.output)\(run.errors)")
        }

        @Test func `a cluster is ended by a key that it refuses, since its process is this user's`()
            throws
        {
            try withdrawKey()
            let run = try ProgramRun(["down", "alpha"], in: folder, program: tool)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.errors.contains("alpha is down"))
        }

        @Test(arguments: [
            "nonsense", "tcp://", "tcp://127.0.0.1:x", "udp://1.2.3.4:5", "tcp://no host:1",
        ])
        func `one odd address hides no other cluster`(_ endpoint: String) throws {
            try write("odd", changing: ["cluster": "odd", "endpoint": endpoint])
            let run = try ProgramRun(["status"], in: folder, program: tool)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            let lines = run.output.split(separator: "\n")
            let alpha = try #require(lines.first { $0.hasPrefix("alpha ") })
            #expect(alpha.hasSuffix("0 in all"), "\(run.output)")
            let odd = try #require(lines.first { $0.hasPrefix("odd ") })
            #expect(odd.contains("cannot connect to odd at \(endpoint)"), "\(run.output)")
            let data = try ProgramRun(["data"], in: folder, program: tool)
            #expect(try data.end() == .exited(1), "\(data.output)\(data.errors)")
            #expect(data.errors.contains("nothing is kept in alpha"), "\(data.errors)")
            #expect(data.errors.contains("cannot connect to odd"), "\(data.errors)")
        }
    }
}
