// Key paths where chains take functions, against plain Swift over the same records; on one thread
// of this process and on a cluster of this machine.

import Foundation
import Swoop
import Testing

@Record struct TownPlace: Hashable {
    var town: String
    var zip: Int
}

@Record enum TownKind: String, CaseIterable {
    case resident
    case guest = "a guest"
}

@Record struct TownVisit: Hashable {
    var host: String
    var kind: TownKind
    var bytes: Int
    var seconds: Double
    var place: TownPlace
    var note: String?
    private var secret: Int = 0

    /// Not stored.
    var isLong: Bool { seconds > 5 }

    init(_ i: Int) {
        host = "h\(i % 7)"
        kind = i % 4 == 0 ? .guest : .resident
        bytes = i % 1_000
        seconds = Double(i % 11)
        place = TownPlace(town: i % 3 == 0 ? "Ulm" : "Kiel", zip: i % 3)
        note = i % 5 == 0 ? "n\(i)" : nil
    }
}

@Record enum ShiftDay: String, CaseIterable, Comparable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday

    private var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    static func < (left: ShiftDay, right: ShiftDay) -> Bool { left.place < right.place }
}

@Record struct Shift {
    var day: ShiftDay
    var hours: Int
}

@Remote private func blend(_ x: Double, _ k: Float, _ seed: UInt64, _ more: Int?) -> Double {
    x * Double(k) + Double(seed % 1_000) + Double(more ?? 0)
}

/// Without @Record: they are Codable.
private struct Settings: Codable, Sendable { var step = 1.0 }
enum RoundingTo: String, Codable, Sendable { case up, down }

@Remote private func rounded(_ x: Double, _ to: RoundingTo, _ settings: Settings) -> String {
    "\((x / settings.step).rounded(to == .up ? .up : .down) * settings.step)"
}

@Remote private func half(_ n: Int) -> Float { Float(n) / 2 }

@Record private struct TownGuest: Equatable {
    var name: String
    var kind: TownKind
}

@Record struct TownMayor: Equatable {
    var town: String
    var mayor: String
}

/// Fields called as what macros, columns and builders have of their own.
@Record private struct Named: Hashable {
    var page: Int
    var count: Int
    var index: Double
    var element: String
    var end: Int?
    var row: Bool
    var writer: [Int]
    var reader: String
    var append: Int
    var columns: Int
    var start: Int
    var removeAll: Int
    var input: Int
    var `default`: Int

    init(_ i: Int) {
        (page, count, append, columns, start) = (i, i % 7, i + 1, i + 2, i + 3)
        (removeAll, input, `default`) = (i + 4, i + 5, i + 6)
        (index, element, reader) = (Double(i), "e\(i)", "r\(i)")
        (end, row, writer) = (i % 2 == 0 ? i : nil, i % 3 == 0, [i, i])
    }
}

/// Types of the user's own that are called as associated types are.
@Record private struct Output: Hashable { var number: Int }
@Record private struct Holder: Hashable { var name: String }
@Record private struct Input: Hashable { var name: String }
private struct Result: Codable, Sendable, Hashable { var number: Int }
private struct Arguments: Codable, Sendable { var numbers: [Int] }

@Remote private func added(_ arguments: Arguments, to result: Result) -> Result {
    Result(number: arguments.numbers.reduce(result.number, +))
}
@Remote private func doubled(_ input: Output) -> Output { Output(number: 2 * input.number) }
@Remote private func scaled(_ x: Int, by k: Double = 0.5, plus d: Int = 1) -> Double {
    Double(x) * k + Double(d)
}
@Remote private func plusOne(_ x: Int) -> Int { x + 1 }

/// Clusters whose answers must be the same.
let plainClusters: [String] = ["inline", "local"]

func withPlainCluster(
    _ name: String, _ body: (Cluster) async throws -> Void
) async throws {
    var options = LocalOptions()
    options.isVisible = false
    options.learns = false
    options.showsProgress = false
    try await withCluster(name == "inline" ? .inline : .local(options)) { cluster in
        try await body(cluster)
    }
}

@Suite struct PlanNameTests {
    @Test func `a plan is drawn without marks that turn the writing`() async throws {
        try await withCluster(.inline) { cluster in
            let plan = cluster.plan("a\u{202e}b\u{9b}c") { remote in
                remote.call(plusOne, 1)
            }
            for text in [plan.description, plan.graph(as: .dot), plan.graph(as: .svg)] {
                #expect(text.contains("a?b?c") && !text.contains("\u{202e}"), "\(text)")
            }
        }
    }
}

@Suite struct KeyPathTests {
    private let visits = (0..<20_000).map(TownVisit.init)

    @Test(arguments: plainClusters)
    func `the key path of a condition may be turned round`(cluster: String) async throws {
        let visits = visits
        let short = visits.filter { !$0.isLong }
        try await withPlainCluster(cluster) { cluster in
            let bytes = try await cluster.remotely { remote in
                remote.array(visits).filter(!\.isLong).map(\.bytes).sum
            }
            #expect(try await bytes.value == short.reduce(0) { $0 + $1.bytes })
            let groups = try await cluster.remotely { remote in
                remote.array(visits).grouped(by: !\.isLong, .counting())
            }
            let found = try await groups.values.map { "\($0.first) \($0.second)" }.sorted()
            #expect(found == ["false \(visits.count - short.count)", "true \(short.count)"])
        }
    }

    @Test(arguments: plainClusters)
    func `key paths are steps, keys and what is aggregated`(cluster: String) async throws {
        let visits = visits
        try await withPlainCluster(cluster) { cluster in
            let (long, hosts, bytes, both, byTown) = try await cluster.remotely { remote in
                let all = remote.array(visits)
                return (
                    all.filter(\.isLong).count, all.grouped(by: \.host, .counting()),
                    all.chain.grouped(by: \.bytes, .summing(of: \.seconds)),
                    all.grouped(
                        by: \.place.town, .both(.summing(of: \.bytes), .max(of: \.seconds))),
                    all.grouped(by: \.host, \.place.zip, computing: .mean(of: \.bytes))
                )
            }
            #expect(try await long.value == visits.count { $0.isLong })
            let counts = Dictionary(grouping: visits, by: \.host).mapValues(\.count)
            var found: [String: Int] = [:]
            for pair in try await hosts.values { found[pair.first] = pair.second }
            #expect(found == counts)
            #expect(try await bytes.values.count == 1_000)
            let towns = try await both.values
            #expect(towns.map(\.first).sorted() == ["Kiel", "Ulm"])
            let ulm = visits.filter { $0.place.town == "Ulm" }
            #expect(
                towns.first { $0.first == "Ulm" }?.second.first == ulm.reduce(0) { $0 + $1.bytes })
            #expect(try await byTown.values.count == 21)
        }
    }

    @Test(arguments: plainClusters)
    func `fields may be called as what a macro makes of them`(cluster: String) async throws {
        let rows = (0..<1_000).map(Named.init)
        try await withPlainCluster(cluster) { cluster in
            let (all, counts, top, chosen) = try await cluster.remotely { remote in
                let all = remote.array(rows)
                return (
                    all, all.grouped(by: \.count, .summing(of: \.page)), all.top(1, by: \.index),
                    all.filter(\.row).map(\.default).sum
                )
            }
            #expect(try await all.values == rows)
            #expect(try await counts.values.map(\.first) == Array(0..<7))
            #expect(try await top.value == [rows[999]])
            let sum = rows.filter(\.row).reduce(0) { $0 + $1.default }
            #expect(try await chosen.value == sum)
        }
    }

    @Test(arguments: plainClusters)
    func `key paths sort, choose and join`(cluster: String) async throws {
        let visits = visits
        try await withPlainCluster(cluster) { cluster in
            let (sorted, top, notes, joined, first) = try await cluster.remotely { remote in
                let all = remote.array(visits)
                let mayors = remote.array([
                    TownMayor(town: "Ulm", mayor: "A"), TownMayor(town: "Kiel", mayor: "B"),
                ])
                return (
                    all.sorted(by: \.seconds, .descending).map(\.seconds).prefix(3),
                    all.top(2, by: \.bytes), all.compactMap(\.note).count,
                    all.joined(with: mayors, on: \.place.town, equals: \.town)
                        .grouped(by: \.second.mayor, .summing(of: \.first.bytes)),
                    all.sorted(by: \.bytes)[0...4].map(\.bytes).collected()
                )
            }
            #expect(try await sorted.value == [10, 10, 10])
            #expect(try await top.value.map(\.bytes) == [999, 999])
            #expect(try await notes.value == visits.count { $0.note != nil })
            let sums = try await joined.values
            #expect(sums.map(\.second).reduce(0, +) == visits.reduce(0) { $0 + $1.bytes })
            #expect(Set(sums.map(\.first)) == ["A", "B"])
            #expect(try await first.value == [0, 0, 0, 0, 0])
        }
    }

    @Test(arguments: plainClusters)
    func `enums with raw values are fields and keys, ranges may have a last one`(
        cluster: String
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path(percentEncoded: false) + "/kinds.csv"
        try Data("name,kind\na,a guest\nb,resident\nc,nobody\n".utf8)
            .write(to: URL(filePath: path))
        let visits = visits
        try await withPlainCluster(cluster) { cluster in
            let (kinds, read, bad, sum, some) = try await cluster.remotely { remote in
                let rows = remote.csv([path], as: TownGuest.self, badRows: .leftOut)
                return (
                    remote.array(visits).grouped(by: \.kind, .counting()), rows.stored(),
                    rows.badRows(), remote.range(1...10).sum,
                    remote.array([1, 2, 3, 4])[1...2].collected()
                )
            }
            var found: [TownKind: Int] = [:]
            for pair in try await kinds.values { found[pair.first] = pair.second }
            #expect(found == [.guest: 5_000, .resident: 15_000])
            #expect(
                try await read.values == [
                    TownGuest(name: "a", kind: .guest), TownGuest(name: "b", kind: .resident),
                ])
            #expect(try await bad.value.count == 1)
            #expect(try await sum.value == 55)
            #expect(try await some.value == [2, 3])
        }
    }

    @Test(arguments: plainClusters)
    func `enums are keys of sorts, joins and groups, in their own order or that of raw values`(
        cluster: String
    ) async throws {
        let visits = visits
        let days = (0..<70).map { Shift(day: ShiftDay.allCases[$0 % 7], hours: $0) }
        try await withPlainCluster(cluster) { cluster in
            let (kinds, pairs, first, partners, each, week, hours) = try await cluster.remotely {
                remote in
                let all = remote.array(visits)
                let guests = remote.array([TownGuest(name: "g", kind: .guest)])
                let shifts = remote.array(days)
                return (
                    all.grouped(by: \.kind, computing: .summing(of: \.bytes)),
                    all.grouped(by: \.kind, \.place.town, computing: .counting()).sorted()
                        .collected(),
                    all.sorted(by: \.kind).map(\.kind).prefix(1),
                    all.joined(with: guests, on: \.kind, equals: \.kind).count,
                    all.distinct(by: \.kind).map(\.kind).collected(),
                    shifts.sorted(by: \.day).map(\.day).collected(),
                    shifts.grouped(by: \.day, computing: .max(of: \.hours))
                )
            }
            var bytes: [TownKind: Int] = [:]
            for visit in visits { bytes[visit.kind, default: 0] += visit.bytes }
            var found: [TownKind: Int] = [:]
            for pair in try await kinds.values { found[pair.first] = pair.second }
            #expect(found == bytes)
            // "a guest" comes before "resident".
            let all = try await pairs.value
            #expect(all.map(\.first.first) == [.guest, .guest, .resident, .resident])
            #expect(all.map(\.first.second) == ["Kiel", "Ulm", "Kiel", "Ulm"])
            #expect(all.reduce(0) { $0 + $1.second } == visits.count)
            #expect(try await first.value == [.guest])
            #expect(try await partners.value == bytes.count * 2_500)
            #expect(try await each.value == [.guest, .resident])
            // The days have an order of their own, which is not that of their names.
            #expect(
                try await week.value
                    == ShiftDay.allCases.flatMap { Array(repeating: $0, count: 10) })
            var last: [ShiftDay: Int?] = [:]
            for pair in try await hours.values { last[pair.first] = pair.second }
            #expect(last[.monday] == 63 && last[.sunday] == 69 && last.count == 7)
        }
    }

    @Test(arguments: plainClusters)
    func `a constant beside a handle is of the type that the function takes`(
        cluster: String
    ) async throws {
        try await withPlainCluster(cluster) { cluster in
            let (all, one, none, whole, added) = try await cluster.remotely { remote in
                let x = remote.call(blend, 1, 2, 3, nil)
                var total = remote.call(blend, 0, 1, 0, nil)
                total += x
                total += 0.5
                return (
                    blend(x, 2, 3, 4), blend(x, remote.call(half, 3), 1, nil),
                    blend(x, 1.5, remote.seed, nil), blend(x, remote.call(half, 4), 7, 1), total
                )
            }
            #expect(try await all.value == 17)
            #expect(try await whole.value == 18)
            #expect(try await one.value == 8.5)
            #expect(try await none.value > 0)
            #expect(try await added.value == 5.5)
            let settings = try await cluster.remotely { remote in
                let x = remote.call(blend, 1, 2, 3, nil)
                return [
                    rounded(x, .down, Settings()), rounded(x, .up, Settings(step: 3)),
                    rounded(2.5, try remote.value(RoundingTo.up), Settings()),
                ]
            }
            #expect(try await settings.values == ["5.0", "6.0", "3.0"])
        }
    }

    @Test(arguments: plainClusters)
    func `types called Result, Arguments and Output are a user's own`(cluster: String) async throws
    {
        try await withPlainCluster(cluster) { cluster in
            let (sum, twice, standard, given) = try await cluster.remotely { remote in
                let five = remote.call(plusOne, 4)
                return (
                    remote.call(added, Arguments(numbers: [1, 2]), Result(number: 4)),
                    remote.array([Output(number: 3)]).map(doubled).map(\.number).sum,
                    scaled(five), scaled(five, by: 2, plus: five)
                )
            }
            #expect(try await sum.value == Result(number: 7))
            #expect(try await twice.value == 6)
            #expect(try await standard.value == 3.5)
            #expect(try await given.value == 15)
        }
    }

    @Test(arguments: plainClusters)
    func `many inputs are one collection of handles`(cluster: String) async throws {
        try await withPlainCluster(cluster) { cluster in
            let (runs, again, halves, sum) = try await cluster.remotely { remote in
                let runs = remote.map(0..<20, plusOne)
                return (
                    runs, remote.map(runs, plusOne), remote.map([1, 2], scaled, 0.5, 0),
                    runs.reduce(0, +)
                )
            }
            #expect(runs.count == 20)
            #expect(try await runs.values == Array(1...20))
            #expect(try await runs[3].value == 4)
            #expect(try await again.values == Array(2...21))
            #expect(try await halves.values == [0.5, 1])
            #expect(try await sum.value == 210)
        }
    }

    @Test(arguments: plainClusters)
    func `parts of a value are values, and handles are compared`(cluster: String) async throws {
        try await withPlainCluster(cluster) { cluster in
            let (element, name, same, rest, none) = try await cluster.remotely { remote in
                let list = remote.range(0..<10).map(plusOne).collected()
                let best = remote.array((0..<10).map(TownVisit.init)).top(1, by: \.bytes)
                let one = list[0]
                return (list[2], best[0].place.town, one == 1, list[3] % 3, list[10])
            }
            #expect(try await element.value == 3)
            #expect(try await name.value == "Ulm")
            #expect(try await same.value)
            #expect(try await rest.value == 1)
            let error = await #expect(throws: SwoopError.self) { try await none.value }
            #expect(error?.message.contains("index 10 of a list of 10 elements") == true)
        }
    }

    @Test(arguments: plainClusters)
    func `groupings and joins are tables, in one file if that is wanted`(
        cluster: String
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path(percentEncoded: false)
        let visits = visits
        try await withPlainCluster(cluster) { cluster in
            let (files, lines) = try await cluster.remotely { remote in
                let all = remote.array(visits)
                return (
                    all.grouped(by: \.host, .counting())
                        .saved(
                            asCSV: "\(path)/hosts.csv", header: ["host", "visits"], parts: .one),
                    all.map(\.host).saved(asText: "\(path)/names", parts: .one)
                )
            }
            #expect(try await files.values.map(\.path) == ["\(path)/hosts.csv"])
            #expect(try await lines.values.map(\.count) == [20_000])
            let table = try String(contentsOfFile: "\(path)/hosts.csv", encoding: .utf8)
            #expect(table.hasPrefix("host,visits\n") && table.contains("\nh0,2858\n"))
            #expect(table.split(separator: "\n").count == 8)
            let names = try String(contentsOfFile: "\(path)/names", encoding: .utf8)
            #expect(names == visits.map { $0.host + "\n" }.joined())
            let refused = cluster.plan { remote in
                remote.array(visits).joined(with: remote.array(visits), on: \.host, equals: \.host)
                    .map(\.first.place).saved(asCSV: "\(path)/hosts.csv", parts: .one)
            }
            let error = await #expect(throws: SwoopError.self) { try await refused.run() }
            #expect(error?.message.contains("is there already") == true)
        }
    }
}
