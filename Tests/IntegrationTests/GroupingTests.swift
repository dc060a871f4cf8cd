// Chains on a local cluster, held against plain loops: groups of a text,
// arrays numbered, zipped and taken by the page, records with columns of every layout.

import Foundation
import Swoop
import Testing

/// A line of the test's text: a name in place and a number.
struct Measured: BorrowedValue {
    var name: TextSlice
    var value: Double
}

@Remote func measured(_ line: TextSlice) -> Measured? {
    guard let (name, number) = line.split(atFirst: UInt8(ascii: ";")),
        let value = Double(number)
    else { return nil }
    return Measured(name: name, value: value)
}

@Remote func measuredName(_ measured: Measured) -> TextSlice { measured.name }
@Remote func measuredValue(_ measured: Measured) -> Double { measured.value }
@Remote func third(_ i: Int) -> Double { Double(i % 4_099) / 3 }
@Remote func isSeventh(_ i: Int) -> Bool { i % 7 == 0 }
@Remote func timesTen(_ i: Int) -> Int { i * 10 }
@Remote func remainder(_ i: Int) -> Int { i % 13 }
@Remote func indexTimesValue(_ pair: Pair<Int, Double>) -> Double {
    Double(pair.first % 100) * pair.second
}
@Remote func numbersIn(_ page: PageView<Int>) -> Int { page.count }
@Remote func squaresIn(_ page: PageView<Int>) -> [Int] {
    page.withSpan { span in span.indices.map { span[$0] &* span[$0] } }
}

/// A record inside a record.
@Record struct Position: Equatable {
    var x: Double
    var label: String?
}

/// A record that is looked at in place.
@Record struct Visit: Equatable {
    var visitor: String
    var place: Position
    var cost: Double
    var note: String?

    init(_ i: Int) {
        visitor = "a visitor whose number is \(i % 97)"
        place = Position(x: Double(i % 11), label: nil)
        cost = Double(i % 4_099) / 3
        note = i % 3 == 0 ? "note \(i)" : nil
    }
}

@Remote func visit(_ i: Int) -> Visit { Visit(i) }
@Remote func visitorName(_ visit: Visit) -> String { visit.visitor }
@Remote func visitCost(_ visit: Visit) -> Double { visit.cost }
@Remote func visitorOfRow(_ row: RowView<Visit>) -> TextSlice { row.visitor }
@Remote func costOfRow(_ row: RowView<Visit>) -> Double { row.cost }
@Remote func isDear(_ row: RowView<Visit>) -> Bool { row.place.x > 8 }
@Remote func nameOfRow(_ row: RowView<Visit>) -> String { row.note ?? String(row.visitor) }
@Remote func wholeRow(_ row: RowView<Visit>) -> Visit { row.element }

/// A column of every layout.
@Record struct Everything: Equatable {
    var id: Int32
    var name: String
    var isOpen: Bool
    var position: Position
    var former: Position?
    var weights: [Float]
    var notes: [String?]
    var path: [Position]
    var table: [[Int]]
}

@Remote func everything(_ i: Int) -> Everything {
    let position = Position(x: Double(i) / 3, label: i % 2 == 0 ? nil : "label \(i)")
    return Everything(
        id: Int32(truncatingIfNeeded: i), name: String(repeating: "é", count: i % 40),
        isOpen: i % 3 == 0, position: position, former: i % 5 == 0 ? position : nil,
        weights: (0..<i % 7).map { Float($0) / 7 },
        notes: (0..<i % 4).map { $0 == 1 ? nil : "note \($0) of \(i)" },
        path: (0..<i % 3).map { Position(x: Double($0), label: "\(i)") },
        table: (0..<i % 3).map { Array(0..<$0 + i % 2) })
}

@Remote func firstWeight(_ everything: Everything) -> Float { everything.weights.first ?? -1 }
@Remote func isAtLarge(_ everything: Everything) -> Bool { everything.former?.label != nil }

@Suite(.serialized) struct GroupingTests {
    @Test("The groups of a text have the bits of the exact sums, on any number of cores")
    func sameBits() async throws {
        let text = MeasuredText(seed: 5, byteCount: 3_500_000)
        let file = try TextFile(text.text)
        let expected = text.serialSums()
        for cores in 1...3 {
            try await withCluster(.local(options(cores))) { cluster in
                let groups = try await cluster.remotely { remote in
                    remote.lines(file.path).compactMap(measured).grouped(
                        by: measuredName,
                        .both(.counting(), .summing(of: measuredValue)))
                }
                let answer = try await groups.collect()
                #expect(answer.map(\.first) == expected.keys.sorted())
                for group in answer {
                    let sum = group.second.second.bitPattern
                    #expect(sum == expected[group.first]?.sum.bitPattern, "\(group.first)")
                    #expect(group.second.first == expected[group.first]?.count)
                }
            }
        }
    }

    @Test("Groups of a stored array follow its elements, not its pages")
    func groupsOfPages() async throws {
        try await withCluster(.local(options(2))) { cluster in
            let count = 300_000
            let (groups, direct) = try await cluster.remotely { remote in
                let numbers = remote.range(0..<count).filter(isSeventh).map(timesTen).stored()
                let stored = numbers.chain.grouped(by: remainder, .summing(of: third))
                let plain = Array(0..<count).filter { $0 % 7 == 0 }.map { $0 * 10 }
                let sent = remote.array(plain).chain.grouped(by: remainder, .summing(of: third))
                return (stored, sent)
            }
            let one = try await groups.collect()
            let other = try await direct.collect()
            #expect(one.map(\.first) == Array(0..<13))
            #expect(one.map(\.second.bitPattern) == other.map(\.second.bitPattern))
        }
    }

    @Test("Arrays are numbered and zipped wherever their pages begin, and taken by the page")
    func indexed() async throws {
        try await withCluster(.local(options(2))) { cluster in
            let count = 100_000
            let plain = (0..<count).filter { $0 % 7 == 0 }
            let (products, sums, pages, squares) = try await cluster.remotely { remote in
                let sevenths = remote.range(0..<count).filter(isSeventh).stored()
                let thirds = remote.range(0..<plain.count + 500).map(third).stored()
                return (
                    sevenths.zip(thirds).map(indexTimesValue).collected(),
                    thirds.enumerated().map(indexTimesValue).collected(),
                    sevenths.pages.map(numbersIn).sum,
                    sevenths.pages.flatMap(squaresIn).collected()
                )
            }
            let expected = zip(plain, 0...).map { Double($0 % 100) * (Double($1 % 4_099) / 3) }
            #expect(try await products.value == expected)
            let numbered = (0..<plain.count + 500).map {
                Double($0 % 100) * (Double($0 % 4_099) / 3)
            }
            #expect(try await sums.value == numbered)
            #expect(try await pages.value == plain.count)
            #expect(try await squares.value == plain.map { $0 * $0 })
        }
    }

    @Test("Pages that are there are taken several a task, and zipped with those beside them")
    func storedPages() async throws {
        try await withCluster(.local(options(1))) { cluster in
            let count = 30_000
            let (sevenths, few, many) = try await cluster.remotely { remote in
                let sevenths = remote.range(0..<count).filter(isSeventh).stored()
                return (
                    sevenths + sevenths + sevenths, remote.range(0..<5_000).map(third).stored(),
                    remote.range(0..<20_000).map(third).stored()
                )
            }
            let once = (0..<count).filter { $0 % 7 == 0 }
            let plain = once + once + once
            let expected = zip(plain, 0...).map { Double($0 % 100) * (Double($1 % 4_099) / 3) }
            try await sevenths.wait()
            try await few.wait()
            try await many.wait()
            // Three times the pages of the eight parts of one core: eight parts, and the answer.
            #expect(sevenths.pageCount == 24)
            #expect(cluster.plan { _ in sevenths.chain.map(remainder).sum }.taskCount == 9)
            let (sum, groups, short, long) = try await cluster.remotely { _ in
                (
                    sevenths.chain.map(remainder).sum,
                    sevenths.chain.grouped(by: remainder, .summing(of: third)),
                    sevenths.zip(few).map(indexTimesValue).collected(),
                    sevenths.zip(many).map(indexTimesValue).collected()
                )
            }
            #expect(try await sum.value == plain.reduce(0) { $0 + $1 % 13 })
            let grouped = try await groups.collect()
            #expect(grouped.map(\.first) == Array(0..<13))
            let thirds = plain.reduce(0.0) { $0 + third($1) }
            #expect(abs(grouped.reduce(0) { $0 + $1.second } - thirds) < 1e-6 * thirds)
            #expect(try await short.value == Array(expected.prefix(5_000)))
            #expect(try await long.value == expected)
        }
    }

    @Test("Rows in place lend their texts, and have the same sums")
    func rows() async throws {
        try await withCluster(.local(options(2))) { cluster in
            let (owned, lent, names, whole) = try await cluster.remotely { remote in
                let visits = remote.range(0..<70_000).map(visit).stored()
                return (
                    visits.chain.grouped(by: visitorName, .summing(of: visitCost)),
                    visits.rows.grouped(by: visitorOfRow, .summing(of: costOfRow)),
                    visits.rows.filter(isDear).map(nameOfRow).collected(),
                    visits.rows.map(wholeRow).collected()
                )
            }
            let expected = (0..<70_000).map(Visit.init)
            let one = try await owned.collect()
            let other = try await lent.collect()
            #expect(one.map(\.first) == Set(expected.map(\.visitor)).sorted())
            #expect(other.map(\.first) == one.map(\.first))
            #expect(other.map(\.second.bitPattern) == one.map(\.second.bitPattern))
            #expect(
                try await names.value
                    == expected.filter { $0.place.x > 8 }.map { $0.note ?? $0.visitor })
            #expect(try await whole.value == expected)
        }
    }

    @Test("Records keep columns of every layout")
    func layouts() async throws {
        try await withCluster(.local(options(2))) { cluster in
            let count = 3_000
            let (stored, sent, weights, large) = try await cluster.remotely { remote in
                let stored = remote.range(0..<count).map(everything).stored()
                return (
                    stored, remote.array((0..<count).map { everything($0) }),
                    stored.map(firstWeight).collected(), stored.filter(isAtLarge).count
                )
            }
            let expected = (0..<count).map { everything($0) }
            #expect(try await stored.collect() == expected)
            #expect(try await sent.collect() == expected)
            #expect(try await weights.value == expected.map { $0.weights.first ?? -1 })
            #expect(try await large.value == expected.filter { $0.former?.label != nil }.count)
        }
    }

    @Test("A borrowed value cannot leave its chain, and the error says so")
    func borrowed() async throws {
        let file = try TextFile("a;1\n")
        try await withCluster(.local(options(1))) { cluster in
            let text = try await cluster.remotely { $0.lines(file.path).map(shouted).collected() }
            #expect(try await text.value == ["A;1!"])
        }
        let value = Optional<Measured>.none
        var writer = ValueWriter()
        do throws(ValueEncodingError) {
            try _encodeValue(value, into: &writer)
            Issue.record("it was encoded")
        } catch {
            guard case .rejectedByType(let text) = error else { throw error }
            #expect(text.contains("borrows from what a chain goes through and cannot leave it"))
        }
    }

    /// A cluster that leaves nothing behind and learns nothing.
    private func options(_ cores: Int) -> LocalOptions {
        var options = LocalOptions()
        options.cores = cores
        options.isVisible = false
        options.learns = false
        return options
    }
}

@Remote func shouted(_ line: TextSlice) -> String { String(line).uppercased() + "!" }

/// A text file for the length of a test.
private final class TextFile {
    let path: String

    init(_ text: String) throws {
        path = NSTemporaryDirectory() + "GroupingTests-\(UUID().uuidString)"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    deinit { unsafe unlink(path) }
}

/// Lines of names and numbers, and their sums by a plain loop over integers.
private struct MeasuredText {
    struct Group {
        var count: Int
        var sum: Double
    }

    private var lines: [(name: String, value: Double)] = []
    private(set) var text = ""

    init(seed: UInt64, byteCount: Int) {
        var state = seed
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var size = 0
        while size < byteCount {
            // Some names are everywhere, others in one place.
            let name = random(4) == 0 ? "at \(size / 300_000)" : "station \(random(40))"
            let value = Double(random(1_000_000)) / 7
            let line = "\(name);\(value)\n"
            lines.append((name, value))
            text += line
            size += line.utf8.count
        }
    }

    /// The exact sums, rounded once: the numbers are multiples of 2^-60.
    func serialSums() -> [String: Group] {
        var exact: [String: (count: Int, sum: Int128)] = [:]
        for line in lines {
            exact[line.name, default: (0, 0)].count += 1
            exact[line.name]?.sum += Int128(line.value * 0x1p60)
        }
        return exact.mapValues { Group(count: $0.count, sum: Double($0.sum) * 0x1p-60) }
    }
}
