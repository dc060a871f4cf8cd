// What a newcomer meets in the first week: handles that are compared, waits that end, lists that go
// into files, ranges with one end.

import Glibc
import Swoop
import TestPrograms
import Testing

@Record enum WeekGrade: String {
    case low, high
}

@Record struct WeekScore: Hashable {
    var name: String
    var points: Int
    var isTop: Bool { points == 10 }
}

@Remote private func shortName(_ i: Int) -> String { "n\(i)" }
@Remote private func gradeOf(_ i: Int) -> WeekGrade { i > 2 ? .high : .low }
@Remote private func byteValue(_ i: Int) -> UInt8 { UInt8(i & 255) }
@Remote private func smaller(_ i: Int) -> Float { Float(i) / 2 }
@Remote private func scoreOf(_ i: Int) -> WeekScore { WeekScore(name: "s\(i)", points: i * 7 % 11) }
@Remote private func picked(_ i: Int, _ table: [Double]) -> Double { table[i] }
@Remote private func weighed(_ i: Int, _ table: [Double], _ k: Double) -> Double { table[i] * k }
@Remote private func seven(
    _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ e: Int, _ f: Int, _ g: Int
) -> Int { a + b + c + d + e + f + g }
@Remote private func eight(
    _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ e: Int, _ f: Int, _ g: Int, _ h: String
) -> Int { a + b + c + d + e + f + g + h.utf8.count }
private let throwingLine = #line + 3
@Remote private func failing(_ i: Int) throws -> Int {
    if i >= 0 {
        throw WeekError.failed
    }
    return i
}

/// As a program that kept data has it, and as one does that reads it later.
enum WeekEarlier {
    @Record enum WeekKind: Int {
        case one = 1
        case two
    }
}
enum WeekLater {
    @Record enum WeekKind: Int { case one = 1 }
}
@Remote private func kindNumber(_ kind: WeekLater.WeekKind) -> Int { kind.rawValue }
@Remote private func slow(_ i: Int) -> Int {
    usleep(20_000)
    return i
}
@Remote private func plus(_ i: Int, _ j: Int) -> Int { i + j }

private enum WeekError: Error { case failed }

@Suite struct FirstWeekTests {
    @Test(arguments: plainClusters)
    func `handles of texts, enums and integers compare and count`(cluster: String) async throws {
        try await withPlainCluster(cluster) { cluster in
            let (texts, enums, bytes) = try await cluster.remotely { remote in
                let name = remote.call(shortName, 3)
                let grade = remote.call(gradeOf, 3)
                let byte = remote.call(byteValue, 200)
                return (
                    [name == "n3", name != "n3", name < "n4", name == remote.call(shortName, 3)],
                    [grade == .high, grade != .high, grade == remote.call(gradeOf, 1)],
                    ([byte == 200, byte < 100], [byte + 5, byte / 3, byte % 7], byte.asDouble)
                )
            }
            #expect(try await texts.values == [true, false, true, true])
            #expect(try await enums.values == [true, false, false])
            #expect(try await bytes.0.values == [true, false])
            #expect(try await bytes.1.values == [205, 66, 4])
            #expect(try await bytes.2.value == 200)
            let (beyond, half) = try await cluster.remotely { remote in
                (remote.call(byteValue, 200) + 100, remote.call(smaller, 3) * 2)
            }
            #expect(try await half.value == 3)
            let error = await #expect(throws: SwoopError.self) { try await beyond.value }
            #expect(error?.message == "arithmetic on proxies overflowed (add)")
        }
    }

    @Test(arguments: plainClusters)
    func `a table that is a handle stands beside inputs, and calls take eight arguments`(
        cluster: String
    ) async throws {
        try await withPlainCluster(cluster) { cluster in
            let (one, two, third, fourth) = try await cluster.remotely { remote in
                let table = remote.value([0.5, 1.5, 2.5])
                return (
                    remote.map(0..<3, picked, table), remote.map([2, 0], weighed, table, 2),
                    remote.call(seven, 1, 2, 3, 4, 5, 6, 7),
                    remote.call(eight, 1, 2, 3, 4, 5, 6, 7, "abc")
                )
            }
            #expect(try await one.values == [0.5, 1.5, 2.5])
            #expect(try await two.values == [5, 1])
            #expect(try await third.value == 28)
            #expect(try await fourth.value == 31)
        }
    }

    @Test(arguments: plainClusters)
    func `a plan, and a task, that is cancelled before the run does not run`(
        cluster: String
    ) async throws {
        try await withPlainCluster(cluster) { cluster in
            let plan = cluster.plan { remote in remote.call(slow, 1) }
            plan.cancel()
            let error = await #expect(throws: SwoopError.self) { _ = try await plan.run() }
            #expect(error?.code == .cancelled)

            let other = cluster.plan { remote in
                let first = remote.call(slow, 1)
                first.cancel()
                return (first, plus(first, 1), first + 1, remote.call(slow, 2))
            }
            let (first, second, sum, third) = try await other.run()
            for handle in [first, second, sum] {
                let error = await #expect(throws: SwoopError.self) { _ = try await handle.value }
                #expect(error?.code == .cancelled)
                #expect(handle.isReady)
            }
            #expect(try await third.value == 2)
        }
    }

    @Test(arguments: plainClusters)
    func `whoever needs a cancelled task is told that it was cancelled`(
        cluster: String
    ) async throws {
        try await withPlainCluster(cluster) { cluster in
            let plan = cluster.plan { remote in
                let runs = remote.map(0..<200, slow)
                return (runs, runs.sum(), plus(runs[199], 1))
            }
            let (runs, sum, last) = try await plan.run()
            plan.cancel()
            for handle in [sum, last, runs[199]] {
                let error = await #expect(throws: SwoopError.self) { _ = try await handle.value }
                #expect(error?.code == .cancelled, "\(error.map(String.init(describing:)) ?? "")")
            }
        }
    }

    @Test(arguments: plainClusters)
    func `a handle of a task that failed is ready`(cluster: String) async throws {
        try await withPlainCluster(cluster) { cluster in
            let failed = try await cluster.remotely { $0.call(failing, 1) }
            _ = try? await failed.wait()
            #expect(failed.isReady && (failed + 1).isReady)
        }
    }

    @Test(arguments: plainClusters)
    func `errors of tasks and chains name the line that threw`(cluster: String) async throws {
        try await withPlainCluster(cluster) { cluster in
            let (task, chain) = try await cluster.remotely { remote in
                (remote.call(failing, 1), remote.range(0..<10).map(failing).sum)
            }
            for handle in [task, chain] {
                let error = await #expect(throws: SwoopError.self) { try await handle.value }
                #expect(error?.file == "IntegrationTests/FirstWeekTests.swift")
                #expect(error?.line == throwingLine)
            }
        }
    }

    @Test(arguments: plainClusters)
    func `a case that an enum does not have any more is told in a sentence`(
        cluster: String
    ) async throws {
        try await withPlainCluster(cluster) { cluster in
            let kept = try await cluster.remotely { $0.array([WeekEarlier.WeekKind.one, .two]) }
            let read = ProxyArray<WeekLater.WeekKind>(_handle: kept._handle)
            let here = await #expect(throws: SwoopError.self) { try await read.values }
            let there = await #expect(throws: SwoopError.self) {
                try await cluster.remotely { _ in read.map(kindNumber).sum }.value
            }
            for error in [here, there] {
                #expect(error?.code == .undecodable)
                #expect(error?.message.contains("2 is no WeekKind of this program") == true)
            }
        }
    }

    @Test(arguments: plainClusters)
    func `the best go into a file, and parts of an array are values`(
        cluster: String
    ) async throws {
        let folder = try TestFolder()
        let path = folder.path + "/best.csv"
        try await withPlainCluster(cluster) { cluster in
            let (scores, files, head, sorted) = try await cluster.remotely { remote in
                let scores = remote.range(0..<100).map(scoreOf).stored()
                return (
                    scores, scores.top(2, by: \.points).saved(asCSV: path, parts: .one),
                    scores[..<2].map(\.name).collected(),
                    remote.range(0..<100).map(scoreOf).sorted(by: \.points)[98...].collected()
                )
            }
            #expect(try await files.values.map(\.path) == [path])
            #expect(contents(of: path) == Array("name,points\ns3,10\ns14,10\n".utf8))
            #expect(try await head.value == ["s0", "s1"])
            #expect(try await sorted.value.map(\.points) == [10, 10])
            #expect(try await scores[2..<5].values == (2..<5).map(scoreOf))
            #expect(try await scores[...1].values == (0...1).map(scoreOf))
            #expect(try await scores.filter(\.isTop).values.count == 9)
        }
    }
}
