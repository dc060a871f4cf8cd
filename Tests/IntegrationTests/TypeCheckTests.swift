// Many chains in one expression: the compiler tries the overloads of each against those of all
// others, unless they exclude one another early. Nine groupings in a tuple were beyond its limit.

import Swoop
import Testing

@Suite struct TypeCheckTests {
    @Test(arguments: plainClusters)
    func `nine groupings with key paths are one expression`(cluster: String) async throws {
        let visits = (0..<2_000).map(TownVisit.init)
        try await withPlainCluster(cluster) { cluster in
            let (a, b, c, d, e, f, g, h, i) = try await cluster.remotely { remote in
                let all = remote.array(visits)
                return (
                    all.grouped(by: \.host, .summing(of: \.bytes)),
                    all.grouped(by: \.host, .counting()),
                    all.grouped(by: \.bytes, .summing(of: \.seconds)),
                    all.grouped(by: \.host, .max(of: \.seconds)),
                    all.grouped(by: \.host, .mean(of: \.bytes)),
                    all.grouped(by: \.host, .min(of: \.seconds)),
                    all.grouped(by: \.host, .summing(of: \.seconds)),
                    all.grouped(by: \.bytes, .mean(of: \.seconds)),
                    all.grouped(by: \.seconds, .counting())
                )
            }
            let bytes = visits.reduce(0) { $0 + $1.bytes }
            #expect(try await a.values.reduce(0) { $0 + $1.second } == bytes)
            #expect(try await b.values.reduce(0) { $0 + $1.second } == visits.count)
            #expect(try await c.values.map(\.first) == Set(visits.map(\.bytes)).sorted())
            let means = try await e.values.map(\.second)
            for (mean, pair) in zip(means, try await a.values) {
                let count = visits.count { $0.host == pair.first }
                #expect(mean == Double(pair.second) / Double(count))
            }
            #expect(try await d.values.allSatisfy { $0.second == 10 })
            #expect(try await f.values.allSatisfy { $0.second == 0 })
            #expect(try await g.values.reduce(0) { $0 + $1.second } > 0)
            #expect(try await h.values.count == 1_000)
            #expect(try await i.values.map(\.first) == (0..<11).map(Double.init))
        }
    }

    @Test(arguments: plainClusters)
    func `groupings that are each sorted are one expression`(cluster: String) async throws {
        let visits = (0..<2_000).map(TownVisit.init)
        try await withPlainCluster(cluster) { cluster in
            let (a, b, c, d, e, f) = try await cluster.remotely { remote in
                let all = remote.array(visits)
                return (
                    all.grouped(by: \.host, .summing(of: \.bytes)).sorted(by: \.second).prefix(3),
                    all.grouped(by: \.host, .counting()).sorted(by: \.second, .descending).prefix(
                        1),
                    all.grouped(by: \.bytes, .summing(of: \.seconds)).sorted(by: \.second).count,
                    all.grouped(by: \.host, .max(of: \.seconds)).sorted(by: \.first).collected(),
                    all.grouped(by: \.bytes, .mean(of: \.seconds)).sorted(by: \.second).prefix(2),
                    all.sorted(by: \.seconds).map(\.host).prefix(1)
                )
            }
            let bytes = Dictionary(grouping: visits, by: \.host)
                .mapValues { $0.reduce(0) { $0 + $1.bytes } }
            #expect(try await a.value.map(\.second) == Array(bytes.values.sorted().prefix(3)))
            #expect(try await b.value.map(\.second) == [286])
            #expect(try await c.value == 1_000)
            #expect(try await d.value.map(\.first) == bytes.keys.sorted())
            let means = Dictionary(grouping: visits, by: \.bytes).values.map { group in
                group.reduce(0) { $0 + $1.seconds } / Double(group.count)
            }
            #expect(try await e.value.map(\.second) == Array(means.sorted().prefix(2)))
            #expect(try await f.value == ["h0"])
        }
    }
}
