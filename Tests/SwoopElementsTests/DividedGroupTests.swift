// Groups divided by the hash of their keys: the same answers in the same order however the source
// is cut, into however many parts hashes are divided, and however small tables are; held against
// a dictionary.

import Swoop
import SwoopElements
import SwoopSimulation
import Testing

/// A row with keys of several kinds.
private struct Mixed: Sendable {
    var text: String
    var number: Int?
    var level: Double
    var value: Double

    /// What makes two rows one group, written down in another way.
    var identity: String {
        let level = level.isNaN ? "nan" : level == 0 ? "0" : "\(level)"
        return "\(Array(text.utf8)) \(number.map { "\($0)" } ?? "none") \(level)"
    }
}

/// The values in the order of the source, and their sum.
private struct MixedReduction: ExactReduction {
    var identity: Pair<[Double], _ExactTotal> { Pair([], _ExactTotal()) }
    func lift(_ element: Mixed) -> Double { element.value }
    func fold(_ raw: Double, into partial: inout Pair<[Double], _ExactTotal>) {
        partial.first.append(raw)
        partial.second.add(raw)
    }
    func combine(
        _ right: Pair<[Double], _ExactTotal>, into left: inout Pair<[Double], _ExactTotal>
    ) {
        left.first += right.first
        left.second.add(right.second)
    }
    func answer(_ partial: Pair<[Double], _ExactTotal>) -> Pair<[Double], Double> {
        Pair(partial.first, partial.second.value)
    }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "mixed" }
}

private typealias MixedKey = Pair<Pair<String, Int?>, Double>
private typealias MixedAnswer = Pair<MixedKey, Pair<[Double], Double>>

@Suite struct DividedGroupTests {
    private func rows(_ random: inout SeededGenerator) -> [Mixed] {
        let texts = (0..<1 + random.below(30)).map { index in
            let length = random.below(5) == 0 ? random.below(200) : random.below(17)
            return String(String(repeating: random.text() + "x", count: 30).prefix(length))
                + "\(index % 7)"
        }
        let levels = [0, -0.0, 1, -1, .nan, -Double.nan, .infinity, 0.1]
        return (0..<random.below(400)).map { _ in
            Mixed(
                text: texts[random.below(texts.count)],
                number: random.below(4) == 0 ? nil : random.below(6) - 3,
                level: levels[random.below(levels.count)],
                value: Double.random(in: -1e6...1e6, using: &random))
        }
    }

    private func key(_ row: Mixed) -> MixedKey { Pair(Pair(row.text, row.number), row.level) }

    /// The answers, of rows cut and joined in one way.
    private func answers(
        _ rows: [Mixed], _ ranges: [Range<Int>], parts: Int, limit: Int
    ) throws -> [MixedAnswer] {
        let hosts = try ranges.map { range in
            let host = FakeHost()
            var groups = DividedGroups<MixedKey, MixedReduction>(
                MixedReduction(), parts: parts, host: host, _limit: limit)
            for row in rows[range] { try groups.fold(key(row), row) }
            try groups.emit()
            return host
        }
        var all: [MixedAnswer] = []
        for part in 0..<parts {
            var builder = MixedAnswer._Builder()
            try JoinedGroups<MixedKey, MixedReduction>.answers(
                of: hosts.map { $0.inputs()[part] }, by: MixedReduction(), host: FakeHost(),
                into: &builder)
            let host = FakeHost()
            try _emit(&builder, host)
            let page = try #require(host.inputs().first)
            let (columns, count) = try unsafe _openPage(of: MixedAnswer.self, page.bytes)
            all += columns._array(0..<count)
        }
        return all
    }

    @Test func `groups are those of a dictionary, and their order follows from the keys`() throws {
        for seed in 0..<400 {
            var random = SeededGenerator(seed: seed)
            let rows = rows(&random)
            let first = try answers(rows, [0..<rows.count], parts: 1, limit: 0)
            var expected: [String: [Double]] = [:]
            for row in rows { expected[row.identity, default: []].append(row.value) }
            #expect(first.count == expected.count, "seed \(seed)")
            for answer in first {
                let own = Mixed(
                    text: answer.first.first.first, number: answer.first.first.second,
                    level: answer.first.second, value: 0)
                #expect(answer.second.first == expected[own.identity], "seed \(seed)")
            }
            let ranges = random.cuts(of: rows.count, at: 6)
            let other = try answers(
                rows, ranges, parts: 1 + random.below(9), limit: 1 + random.below(40))
            #expect(
                other.encodedBytes == first.encodedBytes,
                "seed \(seed): cut at \(ranges.map(\.lowerBound))")
        }
    }

    @Test func `many keys are joined in buckets, in the same order`() throws {
        let rows = (0..<60_000).map { index in
            Mixed(
                text: "key number \(index % 50_000)", number: index % 3, level: 1,
                value: Double(index))
        }
        let one = try answers(rows, [0..<60_000], parts: 1, limit: 0)
        let many = try answers(
            rows, [0..<9_000, 9_000..<9_001, 9_001..<60_000], parts: 7, limit: 1_000)
        #expect(one.count == 60_000)
        #expect(one.encodedBytes == many.encodedBytes)
    }

    @Test func `damaged entries are errors, and no crash`() throws {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<300 {
            let rows = rows(&random)
            let host = FakeHost()
            var groups = DividedGroups<MixedKey, MixedReduction>(
                MixedReduction(), parts: 1, host: host)
            for row in rows { try groups.fold(key(row), row) }
            try groups.emit()
            guard let page = host.inputs().first, unsafe page.bytes.count > 0 else { continue }
            var bytes = unsafe Array(page.bytes)
            for _ in 0...random.below(3) {
                bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
            }
            let copy = UnsafeMutableRawBufferPointer.allocate(
                byteCount: bytes.count, alignment: 64)
            defer { unsafe copy.deallocate() }
            unsafe copy.copyBytes(from: bytes)
            let damaged = unsafe _InputPage(bytes: UnsafeRawBufferPointer(copy), firstElement: 0)
            var builder = MixedAnswer._Builder()
            do {
                try JoinedGroups<MixedKey, MixedReduction>.answers(
                    of: [damaged], by: MixedReduction(), host: FakeHost(), into: &builder)
            } catch {
                #expect(error is ValueDecodingError)
            }
        }
    }
}
