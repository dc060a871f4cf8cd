// Tables and records in files, right ones and wrong ones; the test wrote them.

import Glibc
import Swoop

@Record struct Trade {
    var id: Int
    var person: String
    var amount: Double?
    var isPaid: Bool
}

@Record struct Sample: Equatable {
    var time: UInt64
    var value: Float
    var flags: UInt16
    var isGood: Bool
}

@Record struct Unfit {
    var id: Int
    var list: [Int]
}

@Remote func tradeID(_ trade: Trade) -> Int { trade.id }
@Remote func tradePerson(_ trade: Trade) -> String { trade.person }
@Remote func tradeAmount(_ trade: Trade) -> Double { trade.amount ?? 0 }
@Remote func hasNoAmount(_ trade: Trade) -> Bool { trade.amount == nil }
@Remote func isUnpaid(_ trade: Trade) -> Bool { !trade.isPaid }
@Remote func personLength(_ trade: Trade) -> Int { trade.person.utf8.count }
@Remote func tradeText(_ trade: Trade) -> String {
    "\(trade.id)|\(trade.person)|\(trade.amount.map { "\($0)" } ?? "nil")|\(trade.isPaid)"
}
@Remote func sampleTime(_ sample: Sample) -> Int { sample.isGood ? Int(sample.time) : 0 }
@Remote func sampleValue(_ sample: Sample) -> Double { Double(sample.value) }
@Remote func firstOfSample(_ bytes: TextSlice) -> Int { Int(bytes[0]) + Int(bytes[14]) }

/// What is told of the files in a folder; `sent`: as if the nodes were other machines.
func tellTables(in folder: String, sent: String) async throws {
    try await withTestCluster(sendsFiles: sent == "sent") { cluster in
        try await tellRows(cluster, folder)
        try await tellBadRows(cluster, folder)
        try await tellRefusedFiles(cluster, folder)
        try await tellChangedFiles(cluster, folder)
        try await tellRecords(cluster, folder)
    }
}

private func tellRows(_ cluster: Cluster, _ folder: String) async throws {
    await tell("rows") {
        let (count, ids, sum, missing, unpaid, length) = try await cluster.remotely { remote in
            let trades = remote.csv("\(folder)/trades.csv", as: Trade.self)
            return (
                trades.count, trades.map(tradeID).sum, trades.map(tradeAmount).sum,
                trades.filter(hasNoAmount).count, trades.filter(isUnpaid).count,
                trades.map(personLength).sum
            )
        }
        let counts = [
            try await count.value, try await ids.value, try await missing.value,
            try await unpaid.value, try await length.value,
        ]
        return "\(counts) \(try await sum.value.bitPattern)"
    }
    await tell("two files") {
        let trades = try await cluster.remotely { remote in
            remote.csv("\(folder)/small.csv", "\(folder)/other-order.csv", as: Trade.self)
                .map(tradeText).collected()
        }
        return try await trades.value.joined(separator: "; ")
    }
    await tell("semicolons") {
        try await cluster.remotely { remote in
            remote.csv(
                "\(folder)/semicolons.csv", as: Trade.self, separator: ";",
                columns: ["amount": "Betrag", "isPaid": "bezahlt"]
            ).map(tradeText).collected()
        }.value
    }
    await tell("by position") {
        try await cluster.remotely { remote in
            remote.csv("\(folder)/headless.csv", as: Trade.self, hasHeader: false)
                .map(tradeText).collected()
        }.value
    }
    await tell("header only") {
        try await cluster.remotely { remote in
            remote.csv("\(folder)/header-only.csv", as: Trade.self).count
        }.value
    }
    await tell("stored rows") {
        let trades = try await cluster.remotely { remote in
            remote.csv("\(folder)/small.csv", as: Trade.self).stored()
        }
        return try await trades.collect().map(\.id)
    }
}

private func tellBadRows(_ cluster: Cluster, _ folder: String) async throws {
    for file in ["bad-number", "bad-width", "bad-utf8", "bad-quote", "no-end", "no-value"] {
        await tell(file) {
            try await cluster.remotely { remote in
                remote.csv("\(folder)/\(file).csv", as: Trade.self).count
            }.value
        }
    }
    await tell("left out") {
        let (ids, report) = try await cluster.remotely { remote in
            let trades = remote.csv("\(folder)/many-bad.csv", as: Trade.self, badRows: .leftOut)
            return (trades.map(tradeID).collected(), trades.badRows())
        }
        let lines = try await report.value.first.map { "\($0.line)" }.joined(separator: ",")
        return "\(try await ids.value) \(try await report.value.count) \(lines)"
    }
    await tell("nothing wrong") {
        try await cluster.remotely { remote in
            remote.csv("\(folder)/trades.csv", as: Trade.self).badRows()
        }.value
    }
}

private func tellRefusedFiles(_ cluster: Cluster, _ folder: String) async throws {
    for file in ["absent.csv", "folder", "empty.csv", "no-column.csv", "absent/in.csv"] {
        await tell(file) {
            try await cluster.remotely { remote in
                remote.csv("\(folder)/\(file)", as: Trade.self).count
            }.value
        }
    }
    await tell("unfit record") {
        try await cluster.remotely { $0.csv("\(folder)/small.csv", as: Unfit.self).count }.value
    }
    await tell("unfit separator") {
        try await cluster.remotely { remote in
            remote.csv("\(folder)/small.csv", as: Trade.self, separator: "é").count
        }.value
    }
}

/// Writes to a file between the making of a plan and its run.
private func tellChangedFiles(_ cluster: Cluster, _ folder: String) async throws {
    func change(_ name: String, _ flags: Int32, _ text: String) {
        let file = unsafe open("\(folder)/\(name)", O_WRONLY | flags | O_CLOEXEC)
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
        _ = close(file)
    }
    await tell("changed") {
        let plan = cluster.plan { $0.csv("\(folder)/changed.csv", as: Trade.self).count }
        change("changed.csv", O_APPEND, "5,x,1,true\n")
        return try await plan.run().value
    }
    await tell("truncated") {
        let plan = cluster.plan { $0.lines("\(folder)/truncated.csv").count }
        change("truncated.csv", O_TRUNC, "id")
        return try await plan.run().value
    }
    await tell("removed") {
        let plan = cluster.plan { $0.lines("\(folder)/removed.csv").count }
        _ = unsafe unlink("\(folder)/removed.csv")
        return try await plan.run().value
    }
}

private func tellRecords(_ cluster: Cluster, _ folder: String) async throws {
    await tell("samples") {
        let (times, values, firsts) = try await cluster.remotely { remote in
            let samples = remote.records("\(folder)/samples.bin", as: Sample.self)
            return (
                samples.map(sampleTime).sum, samples.map(sampleValue).sum,
                remote.records("\(folder)/samples.bin", byteCount: 15).map(firstOfSample).sum
            )
        }
        return "\(try await times.value) \(try await values.value) \(try await firsts.value)"
    }
    await tell("numbers") {
        try await cluster.remotely { $0.records("\(folder)/numbers.bin", as: Int.self).max }.value
            as Any
    }
    await tell("wrong size") {
        try await cluster.remotely { $0.records("\(folder)/small.csv", as: Int.self).sum }.value
    }
    await tell("no fixed width") {
        try await cluster.remotely { $0.records("\(folder)/samples.bin", as: Trade.self).count }
            .value
    }
}
