// Every operation of collections, on as many agents as told and with as many bytes of pages, each
// told as a hash of the bytes that come out: the same for any number of either.

import Glibc
import Swoop

@Remote func wave(_ i: Int) -> Double { Double((i &* 7_919) % 100_003) / 7 - 1_000 }
@Remote func few(_ i: Int) -> Int { (i &* 31) % 97 }
@Remote func fewOf(_ x: Double) -> Int { Int(x.magnitude) % 13 }
@Remote func addedUp(_ a: Double, _ b: Double) -> Double { a + b }
@Remote func isHigh(_ x: Double) -> Bool { x > 3_000 }
@Remote func parts(_ x: Double) -> [Double] { [x / 3, x / 7] }
@Remote func sumOfPair(_ pair: Pair<Int, Double>) -> Double { Double(pair.first) * pair.second }
@Remote func sumOfBoth(_ pair: Pair<Double, Double>) -> Double { pair.first * pair.second }
@Remote func sumOfWindow(_ window: [Double]) -> Double { window.reduce(0, +) }
@Remote func sumOfGroup(_ group: Group<Int, Double>) -> Pair<Int, Double> {
    Pair(group.key, group.reduce(0, +))
}
@Remote func lineValue(_ line: TextSlice) -> Double { Double(line.byteCount) / 7 }
@Remote func lineKey(_ line: TextSlice) -> TextSlice { line[0..<Swift.min(6, line.byteCount)] }
@Remote func lineStart(_ line: TextSlice) -> TextSlice { line[0..<Swift.min(30, line.byteCount)] }
@Remote func perhaps(_ i: Int) -> Int? { i % 3 == 0 ? nil : (i &* 17) % 1_009 }
@Remote func isEven(_ i: Int) -> Bool { i % 2 == 0 }
@Remote func tradeNumber(_ trade: Trade) -> Int { trade.id % 10 }
@Remote func waveText(_ x: Double) -> String { "\(x)" }

/// Tells a hash of everything: `bits AGENTS BUDGET FOLDER`.
func tellBits(_ arguments: [String]) async throws {
    guard arguments.count == 3, let agents = Int(arguments[0]), let budget = Int(arguments[1])
    else { return tell("usage", "bits AGENTS BUDGET FOLDER") }
    try await withAgents(agents, pageBudget: budget) { cluster, _ in
        let count = 100_000
        let stored = try await cluster.remotely { $0.range(0..<count).map(wave).stored() }
        let array = try await cluster.remotely { remote in
            remote.array((0..<count / 4).map { wave($0) })
        }
        try await tellReductions(cluster, count, stored)
        try await tellIndexed(cluster, stored, array)
        try await tellShuffled(cluster, stored, array)
        try await tellFiles(cluster, arguments[2])
        try await tellDivided(cluster, count, arguments[2])
    }
}

/// FNV-1a of the value's encoded bytes.
private func bits<Value: RemoteValue>(_ value: Value) -> String {
    let hash = value.encodedBytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
        ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    return String(hash, radix: 16)
}

private func tellBits<Value: RemoteValue>(
    _ cluster: Cluster, _ name: String, _ make: (RemoteScope) throws -> Proxy<Value>
) async {
    await tell(name) { bits(try await cluster.remotely { try make($0) }.value) }
}

private func tellBits<Element: RemoteValue>(
    _ cluster: Cluster, of name: String, _ make: (RemoteScope) throws -> ProxyArray<Element>
) async {
    await tell(name) { bits(try await cluster.remotely { try make($0) }.collect()) }
}

private func tellReductions(
    _ cluster: Cluster, _ count: Int, _ stored: ProxyArray<Double>
) async throws {
    await tellBits(cluster, "sum") { $0.range(0..<count).map(wave).sum }
    await tellBits(cluster, "sum of pages") { _ in stored.chain.sum }
    await tellBits(cluster, "mean") { _ in stored.chain.mean }
    await tellBits(cluster, "count") { _ in stored.filter(isHigh).count }
    await tellBits(cluster, "least") { _ in stored.chain.min }
    await tellBits(cluster, "largest") { _ in stored.chain.max }
    await tellBits(cluster, "reduced") { _ in stored.chain.reduce(0, addedUp) }
    await tellBits(cluster, "filtered") { _ in stored.filter(isHigh).sum }
    await tellBits(cluster, "flat") { _ in stored.flatMap(parts).sum }
    await tellBits(cluster, "prefix") { _ in stored.filter(isHigh).prefix(1_000) }
    await tellBits(cluster, "top") { _ in stored.chain.top(50) }
    await tellBits(cluster, "bottom by few") { _ in stored.chain.bottom(50, by: fewOf) }
    await tellBits(cluster, of: "grouped") {
        $0.range(0..<count).grouped(by: few, .summing(of: wave))
    }
    await tellBits(cluster, of: "grouped by numbers") { _ in
        stored.filter(isHigh).grouped(by: itself, .counting())
    }
}

private func tellIndexed(
    _ cluster: Cluster, _ stored: ProxyArray<Double>, _ array: ProxyArray<Double>
) async throws {
    await tellBits(cluster, "enumerated") { _ in stored.enumerated().map(sumOfPair).sum }
    await tellBits(cluster, "zipped") { _ in stored.zip(array).map(sumOfBoth).sum }
    await tellBits(cluster, "sliced") { _ in stored[30_000..<90_001].sum }
    await tellBits(cluster, "concatenated") { _ in (array + stored).chain.sum }
    await tellBits(cluster, of: "scanned") { _ in stored.prefixSums }
    await tellBits(cluster, "windows") { _ in array.windows(of: 5).map(sumOfWindow).sum }
    await tellBits(cluster, "sampled") { _ in stored.sample(fraction: 0.1, seed: 3).sum }
    await tellBits(cluster, "sample") { _ in stored.sample(count: 100, seed: 3) }
}

private func tellShuffled(
    _ cluster: Cluster, _ stored: ProxyArray<Double>, _ array: ProxyArray<Double>
) async throws {
    await tellBits(cluster, of: "sorted") { _ in stored.chain.sorted(by: fewOf).stored() }
    await tellBits(cluster, "sum of sorted") { _ in stored.chain.sorted(by: fewOf).sum }
    await tellBits(cluster, of: "whole groups") { _ in
        array.chain.grouped(by: fewOf).map(sumOfGroup).stored()
    }
    await tellBits(cluster, "joined") { _ in
        stored.chain.joined(with: array.chain, on: itself, itself).map(sumOfBoth).sum
    }
    await tellBits(cluster, of: "left joined") { _ in
        array.leftJoined(with: stored, on: itself, itself).stored()
    }
    await tellBits(cluster, of: "anti joined") { _ in
        stored.antiJoined(with: array, on: itself, itself).stored()
    }
    await tellBits(cluster, of: "distinct") { _ in stored.chain.distinct(by: fewOf) }
}

private func tellFiles(_ cluster: Cluster, _ folder: String) async throws {
    await tellBits(cluster, "lines") { $0.lines("\(folder)/lines").map(lineValue).sum }
    await tellBits(cluster, of: "lines by text") {
        $0.lines("\(folder)/lines").grouped(by: lineKey, .summing(of: lineValue))
    }
    await tellBits(cluster, of: "table by number") { remote in
        remote.csv("\(folder)/trades", as: Trade.self)
            .grouped(by: tradeNumber, .summing(of: tradeAmount))
    }
    await tell("written") {
        let path = "\(folder)/part-\(getpid())"
        let saved = try await cluster.remotely { remote in
            remote.range(0..<10_000).map(wave).map(waveText).saved(asText: path)
        }
        let files = try await saved.files
        return bits(files.map { text(ofFile: $0.path) }.joined())
    }
}

/// Groups that are divided by the hash of their keys: few, and about as many as elements.
private func tellDivided(_ cluster: Cluster, _ count: Int, _ folder: String) async throws {
    await tellBits(cluster, of: "divided") {
        $0.range(0..<count).grouped(
            by: few, perhaps, computing: .all(.summing(of: wave), .mean(of: wave), .counting()))
    }
    await tellBits(cluster, of: "divided by numbers") {
        $0.range(0..<count).grouped(
            by: wave, computing: .all(.first(of: third), .only(where: isEven, .counting())))
    }
    await tellBits(cluster, of: "divided measures") {
        $0.range(0..<count).grouped(
            by: few,
            computing: .all(
                .median(of: wave), .standardDeviation(of: wave), .correlation(of: wave, third)))
    }
    await tellBits(cluster, of: "divided extremes") {
        $0.range(0..<count).grouped(
            by: perhaps, computing: .all(.largest(3, of: wave), .last(of: third)))
    }
    await tellBits(cluster, of: "lines divided") {
        $0.lines("\(folder)/lines").grouped(
            by: lineStart, lineLength, computing: .summing(of: lineValue))
    }
}
