// Handles where they mean nothing: of another cluster, of one whose scope has ended, and outside of
// any plan.

import Swoop

/// What is said of handles of another cluster that runs, and outside of a plan's block.
func tellOtherClusters() async throws {
    try await withTestCluster { other in
        let (proxy, array) = try await other.remotely { ($0.call(one, 1), $0.array([1, 2])) }
        try await withTestCluster { cluster in
            await tellWhole("other: argument") {
                try await cluster.remotely { _ in one(proxy) }.value
            }
            await tellWhole("other: in an array") {
                try await cluster.remotely { _ in intSum([proxy, proxy]) }.value
            }
            await tellWhole("other: chain") {
                try await cluster.remotely { _ in array.chain.sum }.value
            }
            await tellWhole("other: zip") {
                try await cluster.remotely { $0.array([1]).zip(array).map(pairCount).sum }.value
            }
            await tellWhole("other: concatenation") {
                try await cluster.remotely { ($0.array([1]) + array).chain.sum }.value
            }
            await tellWhole("other: concatenation, from the left") {
                try await cluster.remotely { (array + $0.array([1])).chain.sum }.value
            }
            await tellWhole("other: windows") {
                try await cluster.remotely { _ in array.windows(of: 2).map(countOfWindow).sum }
                    .value
            }
            await tellWhole("other: prefix sums") {
                try await cluster.remotely { _ in array.prefixSums }.collect()
            }
            await tellWhole("other: joined") {
                try await cluster.remotely { remote in
                    remote.range(0..<3).joined(with: array.chain, on: halved, halved).count
                }.value
            }
            await tellWhole("other: with") {
                try await cluster.remotely { $0.range(0..<3).map(addTo.with(proxy)).sum }.value
            }
            await tellWhole("other: arithmetic") {
                try await cluster.remotely { remote in remote.call(one, 1) + proxy }.value
            }
            await tellWhole("other: arithmetic, from the left") {
                try await cluster.remotely { remote in proxy + remote.call(one, 1) }.value
            }
            await tellWhole("other: state of a loop") {
                try await cluster.remotely { remote in
                    remote.iterate(from: proxy, count: 2) { (i: Proxy<Int>) in i + 1 }
                }.value
            }
            await tellWhole("other: returned") {
                try await cluster.remotely { _ in proxy }.value
            }
            await tell("other: afterwards") {
                try await cluster.remotely { $0.call(one, 1) }.value
            }
        }
        await tellWhole("no plan") { try await one(proxy).value }
        await tellWhole("no plan, chain") { try await array.chain.sum.value }
        await tellWhole("no plan, arithmetic") { try await (proxy + 1).value }
    }
}

/// What is said when the scope of a cluster has ended.
func tellEnded() async throws {
    let ended = Holder<Cluster>()
    let array = Holder<ProxyArray<Int>>()
    let plan = Holder<Plan<Proxy<Int>>>()
    try await withTestCluster { cluster in
        ended.value = cluster
        array.value = try await cluster.remotely { $0.array([1, 2]) }
        plan.value = cluster.plan { $0.call(one, 1) }
    }
    guard let cluster = ended.value, let array = array.value else { return }
    await tellWhole("ended: collect") { try await array.collect() }
    await tellWhole("ended: wait") { try await array.wait() }
    await tellWhole("ended: plan") { try await plan.value?.run().value as Any }
    await tellWhole("ended: new plan") { try await cluster.remotely { $0.call(one, 1) }.value }
    await tellWhole("ended: usage") {
        for try await _ in cluster.usage { return "a sample" }
        return "no sample"
    }
    await tellWhole("ended: cancelled") {
        let proxy = try await cluster.remotely { $0.call(one, 1) }
        proxy.cancel()
        return try await proxy.value
    }
}
