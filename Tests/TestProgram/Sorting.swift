// Collections in another order, each against the standard library's own sort of the same elements.

import Glibc
import Swoop

@Record struct Parcel: Equatable {
    var weight: Int
    var place: Address
    var tags: [Int]
    var owner: String?
}

@Record struct Address: Equatable {
    var town: String
    var number: Double
}

@Remote func parcel(_ i: Int) -> Parcel {
    let mixed = i &* 2_654_435_761 % 1_000_003
    let place = Address(town: "town \(mixed % 13)", number: Double(mixed % 7) / 3)
    let owner: String? = i % 5 == 0 ? nil : "owner \(mixed % 31)"
    return Parcel(weight: mixed % 97, place: place, tags: Array(0..<(i % 4)), owner: owner)
}
@Remote func parcelWeight(_ parcel: Parcel) -> Int { parcel.weight }
@Remote func owner(_ parcel: Parcel) -> String? { parcel.owner }
@Remote func townAndNumber(_ parcel: Parcel) -> Pair<String, Double> {
    Pair(parcel.place.town, parcel.place.number)
}
@Remote func weightAlone(_ weight: Int) -> Int { weight }
@Remote func scrambled(_ i: Int) -> Int { i &* 48_271 % 2_147_483_647 }
@Remote func always(_ i: Int) -> Int { 7 }
@Remote func skewed(_ i: Int) -> Int { i % 10 == 0 ? i &* 48_271 % 65_537 : 3 }
@Remote func longText(_ i: Int) -> String {
    "the same beginning of every text, and then \(i &* 48_271 % 65_537)"
}
@Remote func tenBytes(_ line: TextSlice) -> TextSlice { line[0..<Swift.min(10, line.byteCount)] }
@Remote func asDouble(_ i: Int) -> Double { Double(i % 1_001) / 7 }

/// What is told of sorts of so many elements, with so many bytes of pages.
func tellSorts(_ arguments: [String]) async throws {
    var options = LocalOptions()
    options.cores = 2
    options.learns = false
    let count = Int(arguments[0]) ?? 1
    if let budget = Int(arguments[1]), budget > 0 { options.pageBudget = budget }
    try await withCluster(.local(options)) { cluster in
        try await tellNumbers(cluster, count)
        try await tellRecords(cluster, count / 10)
        try await tellTexts(cluster, arguments[2])
    }
}

private func tellNumbers(_ cluster: Cluster, _ count: Int) async throws {
    let numbers = (0..<count).map { scrambled($0) }
    await tell("numbers") {
        let sorted = try await cluster.remotely { remote in
            remote.range(0..<count).map(scrambled).sorted().stored()
        }
        return try await sorted.collect() == numbers.sorted()
    }
    await tell("numbers downwards") {
        let sorted = try await cluster.remotely { remote in
            remote.range(0..<count).map(scrambled).stored().sorted(by: weightAlone, .descending)
                .stored()
        }
        return try await sorted.collect() == numbers.sorted(by: >)
    }
    await tell("equal keys stay in order") {
        let sorted = try await cluster.remotely { remote in
            remote.range(0..<count).sorted(by: always).stored()
        }
        return try await sorted.collect() == Array(0..<count)
    }
    await tell("skewed keys") {
        let sorted = try await cluster.remotely { remote in
            remote.range(0..<count).sorted(by: skewed).stored()
        }
        let expected = (0..<count).map { (skewed($0), $0) }.sorted { $0 < $1 }.map(\.1)
        return try await sorted.collect() == expected
    }
    await tell("nothing and one") {
        let (none, one) = try await cluster.remotely { remote in
            (
                remote.range(0..<0).sorted(by: always).stored(),
                remote.range(5..<6).sorted(by: always).stored()
            )
        }
        return try await (none.collect() + one.collect()) == [5]
    }
    await tell("sums behind a sort have the bits of a serial one") {
        let sum = try await cluster.remotely { remote in
            remote.range(0..<count).sorted(by: always).map(asDouble).sum
        }
        return try await sum.value.bitPattern
            == cluster.remotely { $0.range(0..<count).map(asDouble).sum }.value.bitPattern
    }
}

private func tellRecords(_ cluster: Cluster, _ count: Int) async throws {
    let parcels = (0..<count).map { parcel($0) }
    func stably<Key>(_ key: (Parcel) -> Key, _ isBefore: (Key, Key) -> Bool) -> [Parcel] {
        parcels.enumerated().sorted {
            let (left, right) = (key($0.element), key($1.element))
            return isBefore(left, right) || !isBefore(right, left) && $0.offset < $1.offset
        }.map(\.element)
    }
    await tell("records by a number") {
        let sorted = try await cluster.remotely { remote in
            remote.range(0..<count).map(parcel).sorted(by: parcelWeight).stored()
        }
        return try await sorted.collect() == stably(\.weight, <)
    }
    await tell("records by text or nothing") {
        let sorted = try await cluster.remotely { remote in
            remote.range(0..<count).map(parcel).sorted(by: owner).stored()
        }
        return try await sorted.collect()
            == stably(\.owner) { left, right in
                guard let right else { return false }
                guard let left else { return true }
                return left < right
            }
    }
    await tell("records by two keys") {
        let sorted = try await cluster.remotely { remote in
            remote.range(0..<count).map(parcel).sorted(by: townAndNumber).stored()
        }
        return try await sorted.collect()
            == stably({ ($0.place.town, $0.place.number) }, { $0 < $1 })
    }
    await tell("text with a long common beginning") {
        let sorted = try await cluster.remotely { remote in
            remote.range(0..<count).map(longText).sorted().stored()
        }
        return try await sorted.collect() == (0..<count).map { longText($0) }.sorted()
    }
}

private func tellTexts(_ cluster: Cluster, _ path: String) async throws {
    let all = try output(of: "cat '\(path)'").split(separator: "\n").map(String.init)
    let expected = all.enumerated().sorted {
        let (left, right) = ($0.element.prefix(10), $1.element.prefix(10))
        return left < right || left == right && $0.offset < $1.offset
    }.map(\.element)
    await tell("lines by their beginning") {
        let sorted = try await cluster.remotely { remote in
            remote.lines(path).sorted(by: tenBytes).stored()
        }
        return try await sorted.collect() == expected
    }
    await tell("lines into files") {
        let saved = try await cluster.remotely { remote in
            remote.lines(path).sorted(by: tenBytes).saved(asText: "\(path)-sorted/part")
        }
        let files = try await saved.files
        let text = try output(of: files.map { "cat '\($0.path)'" }.joined(separator: ";"))
        return text.split(separator: "\n").map(String.init) == expected
    }
}

/// What a command of the shell prints.
private func output(of command: String) throws -> String {
    guard let pipe = unsafe popen(command, "r") else { return "" }
    defer { unsafe pclose(pipe) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = unsafe fread(&part, 1, part.count, pipe)
        if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes += part[..<count]
    }
}
