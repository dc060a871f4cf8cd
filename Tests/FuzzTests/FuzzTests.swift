// What the fuzzers try, tried a little without them: what they begin with, changed by a seeded
// hand. What they find becomes a test in the room of its decoder.

import Fuzzing
import Glibc
import SwoopSimulation
import Testing

@Suite struct FuzzTests {
    @Test func `every decoder has something to begin with, and takes it in`() {
        #expect(
            FuzzGroup.all.map(\.name) == [
                "messages", "memory", "values", "tables", "files", "hosts", "notebooks",
            ])
        for group in FuzzGroup.all {
            for entry in group.entries {
                let seeds = entry.seeds()
                #expect(!seeds.isEmpty, "\(entry.name)")
                for seed in seeds { entry.attempt(seed) }
            }
            #expect(group.entries.count < 256)
        }
    }

    @Test func `what fuzzers found is tried again`() {
        for group in FuzzGroup.all {
            let inputs = group.beginning(with: corpus)
            #expect(inputs.count > group.entries.count)
            for input in inputs { group.attempt(input) }
        }
    }

    @Test func `a corpus keeps what is there, and few and short inputs of each decoder`() throws {
        var template = Array("/tmp/swoop-corpus-XXXXXX".utf8CString)
        let folder = unsafe try #require(mkdtemp(&template).map { unsafe String(cString: $0) })
        let group = FuzzGroup.all[0]
        let entry = group.entries[0]
        let corpus = FuzzCorpus(folder: folder)
        defer {
            _ = unsafe unlink("\(folder)/client-message.hex")
            _ = unsafe rmdir(folder)
        }
        corpus.keep([[0, 7, 7, 7]], of: group)
        corpus.keep(
            (0..<60).map { [0, $0, 255] } + [[0] + [UInt8](repeating: 1, count: 999)], of: group)
        let kept = corpus.inputs(of: entry)
        #expect(kept.first == [7, 7, 7] && kept.count == 24)
        #expect(kept.dropFirst().allSatisfy { $0.count == 2 && $0[1] == 255 })
        #expect(corpus.inputs(of: group.entries[1]).isEmpty)
    }

    private var corpus: FuzzCorpus {
        let folders = #filePath.split(separator: "/").dropLast(2)
        return FuzzCorpus(folder: "/" + folders.joined(separator: "/") + "/Corpora")
    }

    @Test(arguments: FuzzGroup.all.indices)
    func `bytes that are changed a little trap no decoder`(place: Int) {
        var random = SeededGenerator(seed: place)
        for entry in FuzzGroup.all[place].entries {
            for seed in entry.seeds() {
                for _ in 0..<200 {
                    var bytes = seed
                    for _ in 0...Int.random(in: 0..<4, using: &random) where !bytes.isEmpty {
                        let at = Int.random(in: bytes.indices, using: &random)
                        switch random.next() % 4 {
                        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                        case 1: bytes[at] ^= 1 << UInt8(random.next() % 8)
                        case 2: bytes.removeSubrange(at...)
                        default: bytes.insert(contentsOf: bytes[at...].prefix(8), at: at)
                        }
                    }
                    entry.attempt(bytes)
                }
            }
        }
    }
}
