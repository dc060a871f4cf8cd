// The model database: what is written comes back, bounds hold, damage is survived, files are
// shared.

import Glibc
import SwoopModel
import SwoopStorage
import Testing

/// A folder of its own for each test, gone when the test is over.
final class ModelFolder {
    let path: String

    init() {
        var template = Array((P_tmpdir + "/swoop-models-XXXXXX").utf8CString)
        path = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, let made = unsafe mkdtemp(start) else {
                return "."
            }
            return unsafe String(cString: made)
        }
    }

    var file: String { path + "/state/swoop/models.sqlite" }

    func mode(of path: String) -> mode_t {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    func write(_ bytes: [UInt8], at offset: Int, to path: String, truncating: Bool = false) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | (truncating ? O_TRUNC : 0), 0o600)
        _ = unsafe bytes.withUnsafeBytes {
            unsafe pwrite(descriptor, $0.baseAddress, $0.count, offset)
        }
        close(descriptor)
    }

    /// Writes the version into the header of the closed database (SQLite's file format, 1.3).
    func setVersion(_ version: UInt32) throws {
        try #require(!exists(file + "-wal"))
        write((0..<4).map { UInt8(truncatingIfNeeded: version >> (24 - 8 * $0)) }, at: 60, to: file)
    }

    deinit {
        let inner = path + "/state/swoop/models.sqlite"
        for suffix in ["", "-wal", "-shm", ".damaged"] { _ = unsafe unlink(inner + suffix) }
        for folder in ["/state/swoop", "/state", ""] { _ = unsafe rmdir(path + folder) }
    }
}

func history(
    _ identity: String, node: String = "a", fingerprint: UInt64 = 7, sizes: [Double] = [1, 2, 3]
) -> FunctionHistory {
    FunctionHistory(
        identity: identity, node: node, isOptimised: true, fingerprint: fingerprint,
        records: sizes.map {
            RunRecord(
                features: [$0, 0.1], elements: 3, bytesIn: 4, bytesOut: 5,
                cpuNanoseconds: $0.isFinite ? Int64($0 * 1_000) : 6, wallNanoseconds: 7,
                isCold: $0 == 1)
        })
}

@Suite struct ModelStoreTests {
    let folder = ModelFolder()

    @Test func whatWasAppendedIsLoadedByTheNextProgram() throws {
        let first = ModelStore.open(path: folder.file)
        #expect(first.remark == nil)
        let strange = history("g", fingerprint: .max, sizes: [.infinity, 1e-300, -0.1])
        try first.store.append([history("f"), strange])
        try first.store.append([history("f", sizes: [9])])
        first.store.close()
        let second = ModelStore.open(path: folder.file)
        #expect(second.remark == nil)
        #expect(try second.store.load() == [strange, history("f", sizes: [1, 2, 3, 9])])
    }

    @Test func whatAnotherProgramWritesMeanwhileIsFound() throws {
        let store = ModelStore.open(path: folder.file).store
        try store.append([history("f")])
        #expect(try store.load() == [history("f")])
        #expect(try store.loadIfOthersWrote() == [])
        let other = ModelStore.open(path: folder.file).store
        try other.append([history("g")])
        #expect(try store.loadIfOthersWrote() == [history("f"), history("g")])
        #expect(try store.loadIfOthersWrote() == [])
        // What it writes itself it knows.
        try store.append([history("h")])
        #expect(try store.loadIfOthersWrote() == [])
    }

    @Test func `a function is forgotten on every node and of every version, and no other`() throws {
        let store = ModelStore.open(path: folder.file).store
        try store.append([
            history("f"), history("f", node: "b"), history("f", fingerprint: 8), history("g"),
        ])
        try store.forget(identity: "f")
        try store.forget(identity: "nobody")
        #expect(try store.load() == [history("g")])
        try store.append([history("f")])
        #expect(try store.load() == [history("g"), history("f")])
    }

    @Test func aSizeThatIsNotKnownSurvives() throws {
        let store = ModelStore.open(path: folder.file).store
        try store.append(
            [history("f", sizes: [1])].map {
                var copy = $0
                copy.records[0].features = [.nan, 1]
                return copy
            })
        let features = try store.load().first?.records.first?.features
        #expect(features?.first?.isNaN == true)
        #expect(features?.last == 1)
    }

    @Test func extremeNumbersComeBackExactly() throws {
        var extreme = history("f", sizes: [])
        extreme.records = [
            RunRecord(
                features: [.greatestFiniteMagnitude, -.leastNonzeroMagnitude, 0.1, -0.0],
                elements: .max, bytesIn: .min, bytesOut: -1, cpuNanoseconds: 0, wallNanoseconds: 1),
            RunRecord(),
        ]
        let store = ModelStore.open(path: folder.file).store
        try store.append([extreme])
        #expect(try store.load() == [extreme])
    }

    @Test func onlyTheOwnerMayReadIt() {
        let store = ModelStore.open(path: folder.file).store
        #expect(folder.mode(of: folder.file) == 0o600)
        #expect(folder.mode(of: folder.file + "-wal") == 0o600)
        #expect(folder.mode(of: folder.path + "/state/swoop") == 0o700)
        store.close()
    }

    @Test func runsBeyondTheWindowGoButTheRareLargeOneStays() throws {
        let store = ModelStore.open(path: folder.file).store
        try store.append([history("f", sizes: [1_000_000])])
        for _ in 0..<5 {
            try store.append([history("f", sizes: Array(repeating: 2, count: 100))])
        }
        let records = try #require(try store.load().first).records
        #expect(records.count == RecordWindow.limit)
        #expect(records.first?.features.first == 1_000_000)
    }

    @Test func theFunctionsUsedLongestAgoAreForgotten() throws {
        let store = ModelStore.open(path: folder.file, historyLimit: 3).store
        for name in ["a", "b", "c", "a", "d"] { try store.append([history(name, sizes: [4])]) }
        #expect(try store.load().map(\.identity) == ["c", "a", "d"])
    }

    @Test func aFunctionKeepsItsPresentAndItsLastVersion() throws {
        let store = ModelStore.open(path: folder.file).store
        for version in [1, 2, 3, 2] as [UInt64] {
            try store.append([history("f", fingerprint: version, sizes: [4])])
        }
        let loaded = try store.load()
        #expect(loaded.map(\.fingerprint) == [3, 2])
        #expect(loaded.map(\.records.count) == [1, 2])
    }

    @Test func chainsOfEqualStepsDoNotDisplaceEachOther() throws {
        let store = ModelStore.open(path: folder.file).store
        for version in 1...20 as ClosedRange<UInt64> {
            try store.append([
                history("exe:range.map(#remote).sum", fingerprint: version, sizes: [4])
            ])
        }
        #expect(try store.load().map(\.fingerprint) == Array(5...20))
    }

    @Test func namesOfAnySpellingComeBackAsTheyAre() throws {
        let store = ModelStore.open(path: folder.file).store
        for name in ["", "a\0b", "it's", "cafe\u{301}", "\u{1F600}"] {
            try store.append([history(name, node: name)])
        }
        let loaded = try store.load()
        #expect(loaded.map(\.identity.utf8.count) == [0, 3, 4, 6, 4])
        #expect(loaded.map { Array($0.node.utf8) } == loaded.map { Array($0.identity.utf8) })
    }

    @Test func aFileOfBeforeVersionsWereNumberedIsReadOn() throws {
        let store = ModelStore.open(path: folder.file).store
        try store.append([history("f")])
        store.close()
        try folder.setVersion(0)
        let (later, remark) = ModelStore.open(path: folder.file)
        #expect(remark == nil)
        #expect(try later.load() == [history("f")])
    }

    @Test func aFileOfANewerSwoopIsLeftAlone() throws {
        let store = ModelStore.open(path: folder.file).store
        try store.append([history("f")])
        store.close()
        try folder.setVersion(1_000)
        let (older, remark) = ModelStore.open(path: folder.file)
        #expect(remark?.contains("a newer Swoop has written it") == true)
        #expect(!folder.exists(folder.file + ".damaged"))
        try older.append([history("g")])
        try folder.setVersion(1)
        #expect(try ModelStore.open(path: folder.file).store.load() == [history("f")])
    }

    @Test func twoCoordinatorsShareOneFile() throws {
        let one = ModelStore.open(path: folder.file).store
        let two = ModelStore.open(path: folder.file).store
        for _ in 0..<10 {
            try one.append([history("f", sizes: [4]), history("g", sizes: [4])])
            try two.append([history("f", sizes: [64])])
        }
        let loaded = try one.load()
        #expect(try two.load() == loaded)
        #expect(loaded.map(\.records.count).sorted() == [10, 20])
    }

    @Test func writersInSeveralThreadsLoseNothing() async throws {
        let file = folder.file
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let store = ModelStore.open(path: file).store
                    for _ in 0..<10 {
                        _ = try? store.append([history("f\(writer)", sizes: [4])])
                    }
                    store.close()
                }
            }
        }
        let loaded = try ModelStore.open(path: file).store.load()
        #expect(loaded.map(\.records.count) == [10, 10, 10, 10])
    }

    @Test func aFileThatIsNoDatabaseIsMovedAside() throws {
        _ = ModelStore.open(path: folder.file)
        folder.write(
            Array("these are no models, alas".utf8), at: 0, to: folder.file, truncating: true)
        let (store, remark) = ModelStore.open(path: folder.file)
        #expect(remark?.contains(folder.file + ".damaged") == true)
        #expect(folder.exists(folder.file + ".damaged"))
        try store.append([history("f")])
        #expect(try store.load() == [history("f")])
        #expect(ModelStore.open(path: folder.file).remark == nil)
    }

    @Test(arguments: 0..<8) func flippedPagesNeverStopTheProgram(page: Int) throws {
        let first = ModelStore.open(path: folder.file).store
        try first.append((0..<20).map { history("function number \($0)") })
        first.close()
        folder.write(Array(repeating: 0xa5, count: 3_000), at: page * 4_096 + 50, to: folder.file)
        let (store, _) = ModelStore.open(path: folder.file)
        try store.append([history("f")])
        #expect(try store.load().contains(history("f")))
    }

    @Test func damageWhileItIsOpenIsSurvived() throws {
        let first = ModelStore.open(path: folder.file).store
        let padding = String(repeating: "p", count: 6_000)
        try first.append((0..<800).map { history("function number \($0) \(padding)") })
        first.close()
        let store = ModelStore.open(path: folder.file).store
        // More than SQLite holds in its cache, so that it must meet the damage.
        folder.write(Array(repeating: 0xa5, count: 9_000_000), at: 4_096, to: folder.file)
        _ = try store.load()
        let remark = try store.append([history("f")])
        #expect(remark?.contains("damaged") == true)
        #expect(try store.load().contains(history("f")))
        #expect(folder.exists(folder.file + ".damaged"))
    }

    @Test func aStoreGoesOnWhenAnotherHasReplacedItsFile() throws {
        let one = ModelStore.open(path: folder.file).store
        try one.append([history("f")])
        folder.write(Array("these are no models, alas".utf8), at: 0, to: folder.file)
        let two = ModelStore.open(path: folder.file).store
        try one.append([history("g")])
        try two.append([history("h")])
        #expect(try two.load().contains(history("h")))
    }

    @Test func whereNothingCanBeWrittenModelsLiveInMemory() throws {
        let (store, remark) = ModelStore.open(path: "/proc/no/such/place/models.sqlite")
        #expect(remark?.contains("/proc/no/such/place/models.sqlite") == true)
        try store.append([history("f")])
        #expect(try store.load() == [history("f")])
    }
}

@Suite struct ModelStorePlaces {
    @Test func `where others could change it nothing is kept, and the reason is told`() throws {
        let folder = ModelFolder()
        let (store, remark) = ModelStore.open(path: folder.file) { path in
            path == folder.file ? "others can write into it" : nil
        }
        #expect(remark?.contains("others can write into it") == true, "\(remark ?? "")")
        #expect(!folder.exists(folder.file))
        #expect(try store.load().isEmpty)
    }

    @Test(.enabled(if: geteuid() == 0), arguments: ["", "-wal", "-shm", "-journal"])
    func `a file of another user is not used`(suffix: String) throws {
        let folder = ModelFolder()
        ModelStore.open(path: folder.file).store.close()
        let path = folder.file + suffix
        folder.write([], at: 0, to: path)
        #expect(unsafe chown(path, 1, 1) == 0)
        let remark = ModelStore.open(path: folder.file).remark
        #expect(remark?.contains("belongs to another user (1)") == true, "\(remark ?? "")")
        var status = stat()
        #expect(unsafe stat(path, &status) == 0 && status.st_uid == 1)
    }
}
