// This program as a bundle: placed into a cache by itself, telling what it sees when it runs from
// there, and the figures of `TransportProbe bundle`.

import Glibc
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// Sends a bundle into a cache, as a transfer through sockets does: missing files, piece by piece.
func place(_ bundle: Bundle, into cache: BundleCache) throws -> PlacedProgram {
    let archive = BundleArchive(of: bundle)
    let missing = try cache.missing(bundle.manifest)
    try archive.prepare(missing.map(\.digest))
    for file in missing {
        let receipt = try cache.receive(file)
        for index in 0..<file.pieceCount {
            try receipt.write(member: try archive.member(index, of: file), index: index)
        }
        try receipt.finish()
    }
    return try cache.place(bundle.manifest)
}

/// Places this program into the cache of the first argument, keeping digests in the second, and
/// prints where it lies.
func placeThisProgram() throws {
    let bundle = try Bundle.ofThisProgram(cache: CommandLine.arguments[2])
    let placed = try place(bundle, into: BundleCache(folder: CommandLine.arguments[1]))
    printLine("\(placed.id.rawValue) \(placed.folder)")
}

/// Prints what a program that runs from a bundle sees of it, and has a child of its own tell the
/// same.
func tellAboutBundle() throws {
    printLine("arguments \(CommandLine.arguments.joined(separator: ","))")
    printLine("program \(ProgramIdentity.current())")
    printLine("folder \(ShippedProgram.folder ?? "none")")
    printLine("kept \(PlacedProgram.ofThisProcess()?.id.rawValue ?? "no")")
    let names = ["SWOOP_BUNDLE", "SWOOP_ROLE", "SWOOP_DESCRIPTORS"]
    let seen = names.filter { unsafe getenv($0) != nil }
    printLine("environment \(seen.joined(separator: ","))")
    if let bundle = try? Bundle.ofThisProgram(cache: "/nonexistent") {
        let file = bundle.manifest.files[0]
        let count = try bundle.read(file, offset: 0, count: 1 << 30).count
        printLine("bundle \(bundle.manifest.id.rawValue) \(Int64(count) == file.byteCount)")
    }
    guard CommandLine.arguments.contains("deeper") else { return }
    var request = LaunchRequest(role: "bundle-tell")
    request.arguments = ["child", "of bundle"]
    let child = try ChildProcess(starting: request)
    printLine("child \(child.waitUntilEnded())")
}

/// Receives and places made-up programs without end, pruning between them, until it is killed.
func placeWithoutEnd() throws {
    let cache = try BundleCache(folder: CommandLine.arguments[1])
    printLine("ready")
    var count: UInt64 = UInt64(CommandLine.arguments[2]) ?? 0
    while true {
        count &+= 1
        var files: [(ProgramFile, [UInt8])] = []
        for name in ["loader", "program"] {
            let bytes = Array("\(name) \(count)".utf8)
            files.append((ProgramFile(describing: bytes, name: name), bytes))
        }
        let manifest = ProgramManifest(
            name: "made up", architecture: "any", files: files.map(\.0))
        for (file, bytes) in files {
            let receipt = try cache.receive(file)
            try receipt.write(bytes, at: 0)
            try receipt.finish()
        }
        _ = try cache.place(manifest)
        try cache.prune(to: 1 << 10)
    }
}

/// Cold and warm times of this program's manifest, and of its archive.
func measureBundle() throws {
    let folder = CommandLine.arguments.dropFirst(2).first ?? "/tmp/swoop-bundle-measure"
    _ = unsafe unlink("\(folder)/digests")
    var bundle: Bundle?
    for turn in ["cold", "warm", "warm", "warm"] {
        let start = MonotonicClock.nanoseconds()
        bundle = try Bundle.ofThisProgram(cache: folder)
        let spent = Double(MonotonicClock.nanoseconds() - start) / 1e6
        print("manifest \(turn): \(spent) ms, \(bundle?.manifest.files.count ?? 0) files")
    }
    guard let bundle else { return }
    let archive = BundleArchive(of: bundle)
    for turn in ["first", "second"] {
        let start = MonotonicClock.nanoseconds()
        var stream = try archive.stream(of: bundle.manifest.digests)
        var sent = 0
        while let chunk = try stream.next() { sent += chunk.count }
        let spent = Double(MonotonicClock.nanoseconds() - start) / 1e6
        print("archive \(turn): \(spent) ms, \(stream.byteCount) bytes as \(sent)")
    }
    let start = MonotonicClock.nanoseconds()
    let placed = try place(bundle, into: BundleCache(folder: "\(folder)/cache"))
    let spent = Double(MonotonicClock.nanoseconds() - start) / 1e6
    print("compressed, received, checked and placed: \(spent) ms, \(placed.id)")
}
