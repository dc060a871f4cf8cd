// Values that are large, tasks that are many, memory that is scarce, cores that are counted.

import Glibc
import Swoop

@Remote func doubles(_ count: Int) -> [Double] { .init(repeating: 0.5, count: count) }

/// The count times what every thousandth element is: all of them would take a debug build seconds.
@Remote func byteSum(_ values: [UInt8]) -> Int {
    let value = Int(values[0])
    let isEven = stride(from: 0, to: values.count, by: 1_000).allSatisfy {
        Int(values[$0]) == value
    }
    return isEven ? values.count * value : -1
}
@Remote func intSum(_ values: [Int]) -> Int { values.reduce(0, +) }

func tellSizes() async throws {
    try await withTestCluster { cluster in
        await tell("64 MiB result") {
            let value = try await cluster.remotely { $0.call(doubles, 8 << 20) }.value
            return "\(value.count) \(value[8_000_000])"
        }
        await tell("100 MB result") {
            try await cluster.remotely { $0.call(large, 100_000_000) }.value.count
        }
        await tell("64 MiB argument") {
            let bytes = [UInt8](repeating: 1, count: 64 << 20)
            return try await cluster.remotely { $0.call(byteSum, bytes) }.value
        }
        await tell("100 MB argument") {
            let bytes = [UInt8](repeating: 1, count: 100_000_000)
            return try await cluster.remotely { $0.call(byteSum, bytes) }.value
        }
        await tell("large in between") {
            try await cluster.remotely { remote in byteSum(remote.call(large, 50_000_000)) }.value
        }
        await tell("3 MB of arguments that are proxies") {
            try await cluster.remotely { remote in
                total((0..<50).map { two(remote.call(one, $0), by: 1) })
            }.value
        }
        await tell("memory returned") { try await isMemoryReturned(cluster) }
    }
}

/// Whether the cluster's pages are all free within seconds.
func isMemoryReturned(_ cluster: Cluster) async throws -> Bool {
    try await waitForUsage(cluster) { usage in
        !usage.nodes.isEmpty && usage.nodes.allSatisfy { $0.residentBytes == 0 }
    } >= 0
}

/// So many small tasks in one plan.
func tellMany(_ count: Int) async throws {
    try await withTestCluster { cluster in
        let began = millisecondsNow()
        let proxies = try await cluster.remotely { remote in
            (0..<count).map { remote.call(one, $0) }
        }
        var sum = 0
        for proxy in proxies { sum += try await proxy.value }
        tell("milliseconds", millisecondsNow() - began)
        tell("sum", sum)
    }
}

/// One task with so many inputs.
func tellInputs(_ count: Int) async throws {
    try await withTestCluster { cluster in
        let began = millisecondsNow()
        await tell("sum") {
            try await cluster.remotely { remote in
                intSum((0..<count).map { remote.call(one, $0) })
            }.value
        }
        tell("milliseconds", millisecondsNow() - began)
    }
}

func tellSmallArena() async throws {
    var options = LocalOptions()
    options.cores = 2
    options.learns = false
    options.pageBudget = 8 << 20
    try await withCluster(.local(options)) { cluster in
        await tellError("too large result") {
            try await cluster.remotely { $0.call(large, 20 << 20) }.value.count
        }
        await tellError("too large argument") {
            let bytes = [UInt8](repeating: 1, count: 20 << 20)
            return try await cluster.remotely { $0.call(byteSum, bytes) }.value
        }
        await tell("others") {
            let (fitting, tooLarge, small) = try await cluster.remotely { remote in
                (
                    remote.call(large, 2 << 20), remote.call(large, 20 << 20),
                    (0..<50).map { remote.call(one, $0) }
                )
            }
            var sum = 0
            for proxy in small { sum += try await proxy.value }
            let count = try await fitting.value.count
            await tellError("too large beside others") { try await tooLarge.value.count }
            return "\(count) \(sum)"
        }
        await tell("again and again") {
            var sum = 0
            for _ in 0..<20 {
                sum += try await cluster.remotely { $0.call(large, 3 << 20) }.value.count
            }
            return sum
        }
        await tell("memory returned") { try await isMemoryReturned(cluster) }
    }
}

/// What the cluster shows while so many tasks run, beside what the system counts.
func tellUsage(tasks: Int) async throws {
    try await withTestCluster(cores: 2) { cluster in
        _ = try await cluster.remotely { $0.call(one, 1) }.value
        let before = try await snapshot(cluster)
        let began = millisecondsNow()
        let proxies = try await cluster.remotely { remote in
            (0..<tasks).map { _ in remote.call(spin, 1_500) }
        }
        let expected = min(tasks, 2)
        var shownAfter = -1
        var busiest = 0
        var lowest = Int.max
        for try await usage in cluster.usage {
            let elapsed = millisecondsNow() - began
            busiest = max(busiest, usage.busyCores)
            if usage.busyCores == expected, shownAfter < 0 { shownAfter = elapsed }
            if (500...1_200).contains(elapsed) { lowest = min(lowest, usage.busyCores) }
            if elapsed > 1_300 { break }
        }
        for proxy in proxies { _ = try await proxy.value }
        tell("idle after", try await waitForUsage(cluster) { $0.busyCores == 0 })
        let after = try await snapshot(cluster)
        tell("shown after", shownAfter)
        tell("busiest", busiest)
        tell("lowest", lowest)
        tell("busy ns", after.busy - before.busy)
        tell("reported ns", after.reported - before.reported)
        tell("system ns", after.system - before.system)
    }
}

/// Counters of a cluster at rest; `system` is what /proc says of the worker, in clock ticks.
private func snapshot(
    _ cluster: Cluster
) async throws -> (busy: Int64, reported: Int64, system: Int64) {
    let earlier = millisecondsNow()
    for try await usage in cluster.usage where millisecondsNow() - earlier > 250 {
        let node = usage.nodes[0]
        return (
            node.slots.reduce(0) { $0 + $1.busyNanoseconds }, node.cpuNanoseconds,
            workerTicks(agent: cluster.nodes[0].processID)
        )
    }
    return (0, 0, 0)
}

private func workerTicks(agent: Int32) -> Int64 {
    processes().reduce(0) { sum, process in
        let fields = text(ofFile: "/proc/\(process)/stat").split(separator: ")").last ?? ""
        let numbers = fields.split(separator: " ")
        guard numbers.count > 12, Int32(numbers[1]) == agent else { return sum }
        let ticks = (Int64(numbers[11]) ?? 0) + (Int64(numbers[12]) ?? 0)
        return sum + ticks * 1_000_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK)))
    }
}

private func processes() -> [Int32] { names(in: "/proc").compactMap { Int32($0) } }

/// What is in a folder.
func names(in path: String) -> [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
        names.append(
            unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            })
    }
    return names
}

func text(ofFile path: String) -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}

/// Opens and closes clusters; tells what stayed open.
func tellCycles(_ count: Int) async throws {
    for i in 0...count {
        try await withTestCluster { cluster in
            let value = try await cluster.remotely { $0.call(one, i) }.value
            if value != i + 1 { tell("wrong", value) }
        }
        if i == 5 || i == count {
            tell("descriptors at \(i == count ? "end" : "start")", entries("/proc/self/fd"))
            tell("threads at \(i == count ? "end" : "start")", entries("/proc/self/task"))
            tell("bytes at \(i == count ? "end" : "start")", residentBytes())
        }
    }
}

private func entries(_ folder: String) -> Int {
    names(in: folder).count
}
