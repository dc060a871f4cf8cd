// Chains over every source, ended in every way.

import Swoop

@Remote func isOdd(_ i: Int) -> Bool { i % 2 != 0 }
@Remote func isSmall(_ i: Int) -> Bool { i < 10 }
@Remote func third(_ i: Int) -> Double { Double(i) / 3 }
@Remote func twice(_ i: Int) -> [Int] { [i, -i] }
@Remote func mod7(_ i: Int) -> Int { i % 7 }
@Remote func evenOnly(_ i: Int) -> Int? { i % 2 == 0 ? i : nil }
@Remote func plus(_ a: Int, _ b: Int) -> Int { a + b }
@Remote func scaled(_ i: Int, _ k: Double) -> Double { Double(i) * k }
@Remote func lineLength(_ line: TextSlice) -> Int { line.byteCount }
@Remote func lineText(_ line: TextSlice) -> String { String(line) }
@Remote func firstByte(_ line: TextSlice) -> Int { line.isEmpty ? -1 : Int(line[0]) }
@Remote func placeName(_ place: Place) -> String { place.name }
@Remote func placeX(_ place: Place) -> Double { place.x }
@Remote func pairSum(_ pair: Pair<Int, Double>) -> Double { Double(pair.first) + pair.second }
@Remote func isAtMostMillion(_ i: Int) -> Bool { i <= 1_000_000 }
@Remote func shout(_ i: Int) throws -> Int {
    if i == 77_777 { throw Refused(number: i) }
    return i
}

func tellChains(of file: String) async throws {
    try await withTestCluster { cluster in
        try await tellRanges(cluster)
        try await tellArrays(cluster)
        try await tellText(cluster, file)
    }
}

private func tellRanges(_ cluster: Cluster) async throws {
    await tell("count") {
        try await cluster.remotely { $0.range(0..<1_000_000).filter(isOdd).count }.value
    }
    await tell("sum") { try await cluster.remotely { $0.range(-5..<1_000_000).sum }.value }
    await tell("sum of doubles twice") {
        let plan = { (remote: RemoteScope) in remote.range(0..<1_000_000).map(third).sum }
        let first = try await cluster.remotely(plan).value
        let second = try await cluster.remotely(plan).value
        return "\(first.bitPattern == second.bitPattern) \(first)"
    }
    await tell("mean") { try await cluster.remotely { $0.range(0..<101).map(third).mean }.value }
    await tell("extremes") {
        let (low, high) = try await cluster.remotely { remote in
            (remote.range(5..<500_000).min, remote.range(5..<500_000).max)
        }
        return [try await low.value ?? 0, try await high.value ?? 0]
    }
    await tell("nothing's extreme") {
        try await cluster.remotely { $0.range(0..<0).min }.value as Any
    }
    await tell("flatMap") {
        try await cluster.remotely { $0.range(0..<1_000).flatMap(twice).sum }.value
    }
    await tell("compactMap") {
        try await cluster.remotely { $0.range(0..<1_000).compactMap(evenOnly).count }.value
    }
    await tell("reduce") {
        try await cluster.remotely { $0.range(0..<1_000).reduce(0, plus) }.value
    }
    await tell("prefix") {
        try await cluster.remotely { $0.range(0..<1_000_000).filter(isOdd).prefix(3) }.value
    }
    await tell("collected") {
        try await cluster.remotely { $0.range(0..<30_000).filter(isSmall).collected() }.value
    }
    await tell("grouped") {
        let groups = try await cluster.remotely {
            $0.range(0..<70_001).grouped(by: mod7, .counting())
        }
        return try await groups.collect().map { "\($0.first):\($0.second)" }.joined(separator: " ")
    }
    await tell("closure with captures") {
        let k = 2.5
        return try await cluster.remotely { remote in
            let shift = remote.call(one, 9)
            return remote.range(0..<4).map(
                #remote { [k = k as Double, shift = shift.captured() as Int] (i: Int) in
                    Double(i + shift) * k
                }
            ).collected()
        }.value
    }
    await tell("with") {
        try await cluster.remotely { remote in
            remote.range(0..<4).map(scaled.with(remote.call(Shapes.area, 2.0))).collected()
        }.value
    }
    await tell("thrown in a chain") {
        try await cluster.remotely { $0.range(0..<200_000).map(shout).count }.value
    }
}

private func tellArrays(_ cluster: Cluster) async throws {
    await tell("array") {
        try await cluster.remotely { $0.array(Array(0..<10_000)).filter(isOdd).count }.value
    }
    await tell("empty array") {
        try await cluster.remotely { $0.array([Int]()).filter(isOdd).count }.value
    }
    await tell("records") {
        let places = (0..<500).map { Place(x: Double($0), name: "n\($0)", tags: nil) }
        let (sum, names) = try await cluster.remotely { remote in
            let array = remote.array(places)
            return (array.map(placeX).sum, array.map(placeName).prefix(2))
        }
        return "\(try await sum.value) \(try await names.value)"
    }
    await tell("stored") {
        let stored = try await cluster.remotely { $0.range(0..<300_000).filter(isOdd).stored() }
        let count = try await cluster.remotely { _ in stored.count }.value
        let all = try await stored.collect()
        return "\(count) \(all.count) \(all.first ?? 0) \(all.last ?? 0) \(all == all.sorted())"
    }
    await tell("stored, then grouped") {
        let stored = try await cluster.remotely { $0.range(0..<140_000).stored() }
        let groups = try await cluster.remotely { _ in
            stored.chain.filter(isOdd).grouped(by: mod7, .counting())
        }
        return try await groups.collect().map(\.second)
    }
    await tell("joined") {
        try await cluster.remotely { remote in
            remote.range(0..<70).joined(with: [3: 0.5, 5: 0.25], on: mod7).map(pairSum).sum
        }.value
    }
    await tell("too large to collect") {
        let stored = try await cluster.remotely { $0.range(0..<100_000).stored() }
        return try await stored.collect(cap: 1_000).count
    }
}

/// What is told of text, when the nodes cannot read this machine's files.
func tellSentText(of file: String) async throws {
    try await withTestCluster(sendsFiles: true) { cluster in try await tellText(cluster, file) }
}

private func tellText(_ cluster: Cluster, _ file: String) async throws {
    await tell("lines") {
        let (count, bytes, longest) = try await cluster.remotely { remote in
            (
                remote.lines(file).count, remote.lines(file).map(lineLength).sum,
                remote.lines(file).map(lineLength).max
            )
        }
        return [try await count.value, try await bytes.value, try await longest.value ?? 0]
    }
    await tell("two files") { try await cluster.remotely { $0.lines(file, file).count }.value }
    await tell("stanzas") { try await cluster.remotely { $0.stanzas(file).count }.value }
    await tell("separator") {
        try await cluster.remotely { $0.text(file, separator: "--\n").count }.value
    }
    await tell("first lines") {
        try await cluster.remotely { $0.lines(file).map(lineText).prefix(2) }.value
    }
    await tell("lines by first byte") {
        let groups = try await cluster.remotely {
            $0.lines(file).grouped(by: firstByte, .counting())
        }
        return try await groups.collect().map { "\($0.first):\($0.second)" }.joined(separator: " ")
    }
    await tell("no such file") {
        try await cluster.remotely { $0.lines(file + ".none").count }.value
    }
}
