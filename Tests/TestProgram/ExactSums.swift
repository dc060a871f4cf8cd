// Sums of integers that are far beyond their type on the way, and what becomes of them on so many
// cores: whether one fails depends on its total alone.

import Swoop

/// The largest number, its negative twice, itself again: on and on, 0 in all.
@Remote func swinging(_ i: Int) -> Int { i & 3 == 0 || i & 3 == 3 ? -Int.max : Int.max }
/// Positive numbers, then as many negative ones.
@Remote func risingThenFalling(_ i: Int) -> Int { (i < 200_000 ? 1 : -1) * (Int.max / 1_000) }
@Remote func oddOrEven(_ i: Int) -> Int { i & 1 }
@Remote func quarterOf(_ i: Int) -> Int { i >> 62 }
@Remote func swingingByte(_ i: Int) -> Int8 { i & 1 == 0 ? 127 : -127 }
@Remote func swingingWord(_ i: Int) -> Int32 { i & 1 == 0 ? .max : -.max }
@Remote func bytesOf(_ i: Int) -> UInt8 { i < 255 ? 1 : 0 }
@Remote func largeWord(_ i: Int) -> UInt64 { i == 0 ? .max : 0 }
@Remote func widened(_ i: Int) -> Int128 { Int128(i) }
@Remote func swingingWide(_ i: Int) -> Int128 { i & 3 == 0 || i & 3 == 3 ? -Int128.max : .max }
@Remote func plusTrapping(_ a: Int, _ b: Int) -> Int { a + b }
@Remote func plusThrowing(_ a: Int, _ b: Int) throws -> Int {
    let (sum, isBeyond) = a.addingReportingOverflow(b)
    if isBeyond { throw Refused(number: 0) }
    return sum
}

/// The sum of the elements' squares: a reduction of the user's own, with the library's total.
struct SquareSum: ExactReduction {
    var identity: IntegerTotal<Int128> { IntegerTotal() }
    func lift(_ element: Int) -> Int128 { Int128(element) * Int128(element) }
    func fold(_ raw: Int128, into partial: inout IntegerTotal<Int128>) { partial.add(raw) }
    func combine(_ right: IntegerTotal<Int128>, into left: inout IntegerTotal<Int128>) {
        left.add(right)
    }
    func answer(_ partial: IntegerTotal<Int128>) throws -> Int128 { try partial.value() }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "sumOfSquares" }
}

func tellExactSums(_ arguments: [String]) async throws {
    let cores = arguments.first.flatMap { Int($0) } ?? 1
    try await withTestCluster(cores: cores) { cluster in
        try await tellTotals(cluster)
        try await tellOtherTypes(cluster)
        try await tellGroupsAndPrefixes(cluster)
        try await tellOwnReductions(cluster)
        try await tellFirst(cluster)
    }
}

private func tellValue<Value: RemoteValue>(
    _ cluster: Cluster, _ name: String, _ make: (RemoteScope) throws -> Proxy<Value>
) async {
    await tellWhole(name) { try await cluster.remotely { try make($0) }.value }
}

private func tellGroups(
    _ cluster: Cluster, _ name: String, _ make: (RemoteScope) throws -> ProxyArray<Pair<Int, Int>>
) async {
    await tellWhole(name) {
        try await cluster.remotely { try make($0) }.collect().map { "\($0.first):\($0.second)" }
    }
}

private func tellTotals(_ cluster: Cluster) async throws {
    await tellValue(cluster, "swinging") { $0.range(0..<400_000).map(swinging).sum }
    await tellValue(cluster, "swinging, and one beyond") { $0.range(1..<400_003).map(swinging).sum }
    await tellValue(cluster, "rising, then falling") {
        $0.range(0..<400_000).map(risingThenFalling).sum
    }
    await tellWhole("stored") {
        let stored = try await cluster.remotely { $0.range(0..<400_000).map(swinging).stored() }
        return try await cluster.remotely { _ in stored.chain.sum }.value
    }
    await tellValue(cluster, "mean") { $0.range(0..<400_000).map(swinging).mean }
}

private func tellOtherTypes(_ cluster: Cluster) async throws {
    await tellValue(cluster, "Int8") { $0.range(0..<300_001).map(swingingByte).sum }
    await tellValue(cluster, "Int8 beyond") { $0.range(0..<300_001).map(byteOf).sum }
    await tellValue(cluster, "Int32") { $0.range(0..<300_000).map(swingingWord).sum }
    await tellValue(cluster, "UInt8") { $0.range(0..<300_000).map(bytesOf).sum }
    await tellValue(cluster, "UInt64") { $0.range(0..<300_000).map(largeWord).sum }
    await tellValue(cluster, "Int128 of Int") {
        $0.range(Int.max - 300_000..<Int.max).map(widened).sum
    }
    await tellValue(cluster, "Int128") { $0.range(0..<300_000).map(swingingWide).sum }
    await tellWhole("Int128 kept") {
        let numbers = (0..<1_000).map { Int128($0) << 100 }
        let array = try await cluster.remotely { $0.array(numbers) }
        let back = try await array.collect()
        let sum = try await cluster.remotely { _ in array.chain.sum }.value
        return "\(back == numbers) \(sum == numbers.reduce(0, +))"
    }
}

private func tellGroupsAndPrefixes(_ cluster: Cluster) async throws {
    await tellGroups(cluster, "grouped") {
        $0.range(0..<400_000).grouped(by: oddOrEven, .summing(of: swinging))
    }
    await tellGroups(cluster, "grouped, rising, then falling") {
        $0.range(0..<400_000).grouped(by: oddOrEven, .summing(of: risingThenFalling))
    }
    await tellWhole("grouped beyond") {
        try await cluster.remotely {
            $0.range(0..<400_000).map(swinging).grouped(by: quarterOf, .summing(of: plusNothing))
        }.collect().count
    }
    await tellWhole("grouped with counts") {
        let groups = try await cluster.remotely {
            $0.range(0..<400_000).grouped(by: oddOrEven, .both(.counting(), .summing(of: halves)))
        }
        return try await groups.collect().map { "\($0.first):\($0.second.second)" }
    }
    await tellWhole("prefix sums") {
        let sums = try await cluster.remotely {
            $0.range(0..<400_000).map(swinging).stored().prefixSums
        }.collect()
        return "\(sums.count) \(Set(sums).sorted()) \(sums.last ?? -1)"
    }
    await tellWhole("prefix sums beyond") {
        try await cluster.remotely {
            $0.range(0..<400_000).map(risingThenFalling).stored().prefixSums
        }.collect().count
    }
}

@Remote func plusNothing(_ i: Int) -> Int { i }
/// Of the even numbers far up and back, of the odd ones the same the other way.
@Remote func halves(_ i: Int) -> Int { i & 2 == 0 ? Int.max - (i & 1) : -Int.max + (i & 1) }
@Remote func notBehind(_ i: Int) throws -> Int {
    if i >= 5_000 { throw Refused(number: i) }
    return i
}

private func tellOwnReductions(_ cluster: Cluster) async throws {
    await tellValue(cluster, "own reduction") { $0.range(0..<300_000).reduce(SquareSum()) }
    // Along the tree every step is the same on any number of cores, and so is what stops it.
    await tellValue(cluster, "function that stops") {
        $0.range(0..<400_000).map(swinging).reduce(0, plusTrapping)
    }
    await tellValue(cluster, "function that throws") {
        $0.range(0..<400_000).map(risingThenFalling).reduce(0, plusThrowing)
    }
}

/// The first elements of a chain of which later ones cannot be computed.
private func tellFirst(_ cluster: Cluster) async throws {
    for count in [0, 3, 5_000, 5_001] {
        await tellWhole("first \(count)") {
            let first = try await cluster.remotely {
                $0.range(0..<400_000).map(notBehind).prefix(count)
            }.value
            return first == Array(0..<count)
        }
    }
    await tellValue(cluster, "first of those that are left") {
        $0.range(0..<400_000).map(notBehind).filter(isBehind).prefix(1)
    }
}

@Remote func isBehind(_ i: Int) -> Bool { i > 300_000 }
