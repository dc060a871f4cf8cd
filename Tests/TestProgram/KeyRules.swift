// Keys that look equal and are not, and keys that are equal and do not look so, in every operation
// that has keys.

import Swoop

@Record struct TextRecord: Hashable {
    var text: String
    var weight: Double
}

@Remote func textKey(_ text: String) -> String { text }
@Remote func textSize(_ text: String) -> Int { text.utf8.count }
@Remote func textPair(_ text: String) -> Pair<String, Int> { Pair(text, 1) }
@Remote func textMaybe(_ text: String) -> String? { text }
@Remote func textList(_ text: String) -> [String] { ["", text] }
@Remote func textRecord(_ text: String) -> TextRecord { TextRecord(text: text, weight: -0.0) }
@Remote func textGroup(_ group: Group<String, String>) -> Pair<String, Int> {
    Pair(group.key, group.count)
}
@Remote func numberKey(_ number: Double) -> Double { number }
@Remote func numberPair(_ number: Double) -> Pair<Double, Int> { Pair(number, 1) }
@Remote func numberMaybe(_ number: Double) -> Double? { number }
@Remote func numberGroup(_ group: Group<Double, Double>) -> Pair<Double, Int> {
    Pair(group.key, group.count)
}
@Remote func numberMaybeGroup(_ group: Group<Double?, Double>) -> Pair<Double?, Int> {
    Pair(group.key, group.count)
}

func tellKeyRules() async throws {
    try await withTestCluster { cluster in
        try await tellTexts(cluster)
        try await tellNumbers(cluster)
    }
}

/// Of each text its bytes, since both spellings look the same.
private func sizes(_ pairs: [Pair<String, Int>]) -> [String] {
    pairs.map { "\($0.first.utf8.count):\($0.second)" }
}

private func tellTexts(_ cluster: Cluster) async throws {
    let (composed, apart) = ("caf\u{e9}", "cafe\u{301}")
    let texts = [composed, apart, composed, "z"]
    let stored = try await cluster.remotely { $0.array(texts) }
    await tell("texts counted") {
        sizes(
            try await cluster.remotely { _ in stored.chain.grouped(by: textKey, .counting()) }
                .collect())
    }
    await tell("texts grouped") {
        sizes(
            try await cluster.remotely { _ in stored.grouped(by: textKey).map(textGroup).stored() }
                .collect())
    }
    await tell("texts distinct") {
        try await cluster.remotely { _ in stored.distinct() }.collect().map(\.utf8.count)
    }
    await tell("texts sorted") {
        try await cluster.remotely { _ in stored.sorted().collected() }.value.map(\.utf8.count)
    }
    await tell("texts joined") {
        let others = try await cluster.remotely { $0.array([apart]) }
        return try await cluster.remotely { _ in
            stored.joined(with: others, on: textKey, textKey).count
        }.value
    }
    await tell("texts looked up") {
        try await cluster.remotely { _ in
            stored.chain.joined(with: [apart: 7, "z": 8], on: textKey).collected()
        }.value.map { "\($0.first.utf8.count):\($0.second)" }
    }
    await tell("texts at the ends") {
        let (top, bottom, least, largest) = try await cluster.remotely { _ in
            (
                stored.chain.top(3), stored.chain.bottom(1, by: textKey), stored.chain.min,
                stored.chain.map(textPair).map(pairText).max
            )
        }
        return [
            try await top.value.map(\.utf8.count), try await bottom.value.map(\.utf8.count),
            [try await least.value?.utf8.count ?? 0], [try await largest.value?.utf8.count ?? 0],
        ]
    }
    await tell("texts inside") {
        let (pairs, maybes, lists, records) = try await cluster.remotely { _ in
            (
                stored.chain.grouped(by: textPair, .counting()),
                stored.chain.grouped(by: textMaybe, .counting()),
                stored.chain.grouped(by: textList, .counting()),
                stored.chain.grouped(by: textRecord, .counting())
            )
        }
        return [
            try await pairs.collect().map { "\($0.first.first.utf8.count):\($0.second)" },
            try await maybes.collect().map { "\($0.first?.utf8.count ?? 0):\($0.second)" },
            try await lists.collect().map { "\($0.first[1].utf8.count):\($0.second)" }.sorted(),
            try await records.collect().map { "\($0.first.text.utf8.count):\($0.second)" }.sorted(),
        ]
    }
}

@Remote func pairText(_ pair: Pair<String, Int>) -> String { pair.first }

private func tellNumbers(_ cluster: Cluster) async throws {
    let numbers = [-0.0, .nan, 0, -Double.nan, 1]
    let stored = try await cluster.remotely { $0.array(numbers) }
    await tell("numbers counted") {
        try await cluster.remotely { _ in stored.chain.grouped(by: numberKey, .counting()) }
            .collect()
            .map { "\($0.first):\($0.second)" }
    }
    await tell("numbers grouped") {
        try await cluster.remotely { _ in stored.grouped(by: numberKey).map(numberGroup).stored() }
            .collect().map { "\($0.first):\($0.second)" }
    }
    await tell("numbers in pairs") {
        try await cluster.remotely { _ in stored.chain.grouped(by: numberPair, .counting()) }
            .collect()
            .map { "\($0.first.first):\($0.second)" }
    }
    await tell("numbers in optionals") {
        let (counted, grouped) = try await cluster.remotely { _ in
            (
                stored.chain.grouped(by: numberMaybe, .counting()),
                stored.grouped(by: numberMaybe).map(numberMaybeGroup).stored()
            )
        }
        return [
            try await counted.collect().map { "\($0.first ?? -1):\($0.second)" },
            try await grouped.collect().map { "\($0.first ?? -1):\($0.second)" },
        ]
    }
    await tell("numbers distinct") {
        try await cluster.remotely { _ in stored.distinct() }.collect().count
    }
    await tell("numbers joined") {
        let others = try await cluster.remotely { $0.array([0.0, .nan]) }
        return try await cluster.remotely { _ in
            stored.joined(with: others, on: numberKey, numberKey).count
        }.value
    }
    await tell("numbers looked up") {
        try await cluster.remotely { _ in
            stored.chain.joined(with: [0.0: 7, .nan: 8], on: numberKey).collected()
        }.value.map(\.second)
    }
}
