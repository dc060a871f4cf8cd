// Tables and records with everything wrong that a table can have, told as the whole error that a
// user sees.

import Glibc
import Swoop

@Record struct Reading {
    var id: UInt16
    var name: String
    var value: Double?
    var isGood: Bool
}

@Remote func readingText(_ reading: Reading) -> String {
    "\(reading.id)|\(reading.name)|\(reading.value.map { "\($0)" } ?? "nil")|\(reading.isGood)"
}

/// What is told of tables in a folder; `sent`: as if the nodes were other machines.
func tellWrongTables(in folder: String, sent: String) async throws {
    try await withTestCluster(sendsFiles: sent == "sent") { cluster in
        try await tellRowFaults(cluster, folder)
        try await tellHeaderFaults(cluster, folder)
        try await tellLeftOut(cluster, folder)
        try await tellRecordFaults(cluster, folder)
    }
}

private func rows(
    _ cluster: Cluster, _ folder: String, _ name: String, _ text: String
) async {
    let path = "\(folder)/\(name).csv"
    write(Array(text.utf8), to: path)
    await tellWhole(name) {
        try await cluster.remotely { $0.csv(path, as: Reading.self).map(readingText).collected() }
            .value
    }
}

private func tellRowFaults(_ cluster: Cluster, _ folder: String) async throws {
    let head = "id,name,value,isGood\n"
    for (name, text) in [
        ("no number", "1,a,x,true\n"), ("too large", "65536,a,1,true\n"),
        ("negative", "-1,a,1,true\n"), ("fraction", "1.5,a,1,true\n"),
        ("no Bool", "1,a,1,maybe\n"), ("no value", ",a,1,true\n"), ("no Bool at all", "1,a,1,\n"),
        ("too few", "1,a\n"), ("too many", "1,a,1,true,9\n"),
        ("quote in the middle", "1,a\"b\",1,true\n"), ("behind a quote", "1,\"a\"b,1,true\n"),
        ("no closing quote", "1,a,1,true\n2,\"b,2,true\n3,c,3,true\n"),
        ("long field", "1,a," + String(repeating: "9x", count: 500) + ",true\n"),
        ("blanks", "1,a, 2.5,true\n"),
    ] { await rows(cluster, folder, name, head + "7,ok,,true\n" + text) }
    await rows(cluster, folder, "optional", head + "1,,,true\r\n\r\n2,\"\",,false\r\n3,c,3,1")
    await rows(cluster, folder, "nothing in quotes", head + "1,a,\"\",true\n")
    await rows(cluster, folder, "mark", "\u{feff}" + head + "1,é,nan,0\n")
    await rows(cluster, folder, "infinite", head + "1,a,inf,true\n2,a,-Infinity,true\n")
    await rows(cluster, folder, "beyond", head + "1,a,1e400,true\n")
    await rows(cluster, folder, "hexadecimal", head + "1,a,0x10,true\n")
    write(
        Array((head + "1,").utf8) + [0xc3, 0x28] + Array(",1,true\n".utf8),
        to: "\(folder)/no text.csv")
    await tellWhole("no text") {
        try await cluster.remotely {
            $0.csv("\(folder)/no text.csv", as: Reading.self).map(readingText).collected()
        }.value
    }
    // A quoted field that takes many parts, and one that begins and never ends.
    let field = String(repeating: "line,\n", count: 300_000)
    let large = head + "1,\"\(field)\",,true\n2,b,,true\n"
    await tell("quoted over many parts") {
        write(Array(large.utf8), to: "\(folder)/large.csv")
        let (count, lengths) = try await cluster.remotely { remote in
            let rows = remote.csv("\(folder)/large.csv", as: Reading.self).map(readingText)
            return (rows.count, rows.map(textBytes).sum)
        }
        return "\(try await count.value) \(try await lengths.value - field.utf8.count)"
    }
    await rows(cluster, folder, "no end for long", head + "1,\"\(field)")
    for name in ["large", "no end for long"] { _ = unsafe unlink("\(folder)/\(name).csv") }
}

@Remote func textBytes(_ text: String) -> Int { text.utf8.count }

private func tellHeaderFaults(_ cluster: Cluster, _ folder: String) async throws {
    await rows(cluster, folder, "no header", "1,a,1,true\n2,b,2,true\n")
    await rows(cluster, folder, "column missing", "id,name,value\n1,a,1\n")
    await rows(cluster, folder, "column twice", "id,name,value,isGood,name\n1,a,1,true,b\n")
    await rows(cluster, folder, "header open", "id,\"name,value,isGood\n1,a,1,true\n")
    await rows(cluster, folder, "empty table", "")
    await rows(cluster, folder, "header alone", "id,name,value,isGood")
    await rows(cluster, folder, "other separator", "id;name;value;isGood\n1;a;1;true\n")
    await tellWhole("no such field") {
        try await cluster.remotely { remote in
            remote.csv(
                "\(folder)/header alone.csv", as: Reading.self, columns: ["nmae": "Name"]
            ).count
        }.value
    }
    await tellWhole("too narrow without header") {
        try await cluster.remotely { remote in
            remote.csv("\(folder)/column missing.csv", as: Reading.self, hasHeader: false).count
        }.value
    }
    await tellWhole("no table") {
        try await cluster.remotely { $0.csv("/proc/self/exe", as: Reading.self).count }.value
    }
    await tellWhole("no field") {
        try await cluster.remotely { remote in
            remote.csv("\(folder)/header alone.csv", as: Reading.self, separator: "\"").count
        }.value
    }
}

private func tellLeftOut(_ cluster: Cluster, _ folder: String) async throws {
    let path = "\(folder)/left-out.csv"
    let text =
        "id,name,value,isGood\n1,a,1,true\nx,b,1,true\n3,\"c\nd\",1,true\n4,e\n5,f,?,true\n"
        + "6,\"g,1,true\n"
    write(Array(text.utf8), to: path)
    await tellWhole("left out") {
        try await cluster.remotely { remote in
            remote.csv(path, as: Reading.self, badRows: .leftOut).map(readingText).collected()
        }.value
    }
    await tellWhole("report") {
        try await cluster.remotely { remote in
            remote.csv(path, as: Reading.self, badRows: .leftOut).badRows()
        }.value
    }
}

private func tellRecordFaults(_ cluster: Cluster, _ folder: String) async throws {
    let path = "\(folder)/records.bin"
    write([UInt8](repeating: 2, count: 31), to: path)
    await tellWhole("a byte more") {
        try await cluster.remotely { $0.records(path, as: Sample.self).count }.value
    }
    await tellWhole("a byte more in bytes") {
        try await cluster.remotely { $0.records(path, byteCount: 10).count }.value
    }
    await tellWhole("records of no bytes") {
        try await cluster.remotely { $0.records(path, byteCount: 0).count }.value
    }
    await tellWhole("no width") {
        try await cluster.remotely { $0.records(path, as: String.self).count }.value
    }
    write([UInt8](repeating: 2, count: 30), to: path)
    // A Bool that is neither 0 nor 1.
    await tellWhole("no Bool in a record") {
        try await cluster.remotely { $0.records(path, as: Sample.self).map(sampleTime).sum }.value
    }
}
