// Programs that this node did not have: asked for in pieces, several at a time, restored, checked
// and put in place, on a thread of their own: the agent's loop waits for no disk.

package import SwoopLaunching
package import SwoopModel
package import SwoopTransport
import Synchronization

/// Receives programs into the node's cache.
package final class ProgramReceiver: Sendable {
    /// What the agent is to say.
    package enum News: Sendable {
        case wanted(ProgramID, digest: String, offset: Int64, count: Int64)
        case ready(ProgramID)
        case failed(ProgramID, String)
    }

    fileprivate enum Work: Sendable {
        case prepare(ProgramManifest)
        case bytes([UInt8], digest: String, ProgramID, offset: Int64)
        case startOver
        case prune
        case stop
    }

    package let news: Inbox<News>
    private let work: Inbox<Work>
    private let thread = Mutex<LoopThread?>(nil)
    /// Programs that are here; each is kept as long as the agent lives.
    private let placed = Mutex<[ProgramID: PlacedProgram]>([:])
    private let folder: String
    private let bytesMax: Int64
    /// The program that this process itself runs from, where it was sent.
    private let own: PlacedProgram?

    /// - Parameters:
    ///   - folder: the cache; empty: the node takes no programs.
    ///   - bytesMax: of its files; 0: as usual.
    package init(folder: String, bytesMax: Int = 0) throws(TransportError) {
        self.folder = folder
        self.bytesMax = bytesMax > 0 ? Int64(bytesMax) : BundleCache.byteLimit
        news = try Inbox()
        work = try Inbox()
        own = PlacedProgram.ofThisProcess()
    }

    /// Makes a program ready to be started here; `ready` or `failed` follows.
    package func prepare(_ manifest: ProgramManifest) {
        do {
            try startThread()
            work.put(.prepare(manifest))
        } catch {
            news.put(.failed(manifest.id, "\(error)"))
        }
    }

    /// Takes a piece that was asked for.
    package func take(_ bytes: [UInt8], of digest: String, in program: ProgramID, offset: Int64) {
        work.put(.bytes(bytes, digest: digest, program, offset: offset))
    }

    /// A program that is ready; throws where it is not.
    package func use(_ program: ProgramID) throws -> PlacedProgram {
        guard let found = placed.withLock({ $0[program] }) else {
            throw LaunchError.cannotStart(program: "program \(program)", code: 2)
        }
        return found
    }

    /// Forgets what is on its way.
    package func startOver() { work.put(.startOver) }

    /// Keeps the cache below its bound: the program of this process itself may just have come.
    package func prune() {
        guard !folder.isEmpty, own != nil, (try? startThread()) != nil else { return }
        work.put(.prune)
    }

    /// Ends the thread.
    package func stop() {
        work.put(.stop)
        thread.withLock { $0.take()?.join() }
    }

    private func startThread() throws(TransportError) {
        try thread.withLock { thread throws(TransportError) in
            guard thread == nil else { return }
            thread = try LoopThread(named: "programs") { [self] in serve() }
        }
    }

    // MARK: On its thread

    private func serve() {
        var poll = PollLoop()
        _ = poll.watch(descriptor: work.wakeup.descriptor)
        var transfers: [ProgramID: ProgramTransfer] = [:]
        while (try? poll.wait(until: nil)) != nil {
            for item in work.take() {
                switch item {
                case .stop: return
                case .startOver: transfers = [:]
                case .prune: _ = try? BundleCache(folder: folder).prune(to: bytesMax)
                case .prepare(let manifest):
                    transfers[manifest.id] = nil
                    let promised = transfers.values.reduce(0) { $0 + $1.bytesLeft }
                    attempt(manifest.id) { () throws(BundleError) in
                        transfers[manifest.id] = try begin(manifest, beside: promised)
                    }
                case .bytes(let bytes, let digest, let program, let offset):
                    guard let transfer = transfers[program] else { continue }
                    attempt(program) { () throws(BundleError) in
                        try transfer.take(bytes, of: digest, offset: offset)
                        if try advance(transfer) { transfers[program] = nil }
                    } orElse: {
                        transfers[program] = nil
                    }
                }
            }
        }
    }

    private func attempt(
        _ program: ProgramID, _ step: () throws(BundleError) -> Void, orElse: () -> Void = {}
    ) {
        do throws(BundleError) {
            try step()
        } catch {
            news.put(.failed(program, "\(error)"))
            orElse()
        }
    }

    /// What is missing is asked for; nil when nothing is.
    ///
    /// `promised` is what other transfers are still to bring: a disk that is full in the end would
    /// fail all of them, and whatever else writes there.
    private func begin(
        _ manifest: ProgramManifest, beside promised: Int64
    ) throws(BundleError) -> ProgramTransfer? {
        guard !folder.isEmpty else {
            news.put(
                .failed(
                    manifest.id, "the node takes no other programs: it has no folder for them"))
            return nil
        }
        let cache = try BundleCache(folder: folder)
        cache.removeLeftOvers()
        let transfer = ProgramTransfer(manifest, cache, missing: try cache.missing(manifest))
        // A file system cannot be filled to its last byte.
        let needed = transfer.bytesLeft + promised
        if transfer.bytesLeft > 0, let free = cache.freeBytes,
            free < needed + needed / 50 + (1 << 20)
        {
            throw .noRoom(folder: folder, free: free, needed: needed)
        }
        return try advance(transfer) ? nil : transfer
    }

    /// Asks for more pieces, or puts the program in place; true when that is done.
    private func advance(_ transfer: ProgramTransfer) throws(BundleError) -> Bool {
        let program = transfer.manifest.id
        guard transfer.isComplete else {
            while let piece = try transfer.nextPiece() {
                news.put(
                    .wanted(
                        program, digest: piece.digest, offset: piece.offset, count: piece.count))
            }
            return false
        }
        let here = try transfer.cache.place(transfer.manifest)
        placed.withLock { $0[program] = here }
        news.put(.ready(program))
        // It is in use by now, and stays; a cache that cannot be pruned is no reason not to run.
        _ = try? transfer.cache.prune(to: bytesMax)
        return true
    }
}

/// One program on its way. Belongs to the receiver's thread.
private final class ProgramTransfer {
    let manifest: ProgramManifest
    let cache: BundleCache
    /// Files that are not begun, the next one last.
    private var missing: [ProgramFile]
    private var receipts: [String: Receipt] = [:]
    /// The file whose pieces are asked for now, and the next of them.
    private var current: (file: ProgramFile, piece: Int)?
    private var onTheWay = 0
    /// Bytes of files that are not whole yet.
    private(set) var bytesLeft: Int64
    private static let window = 8

    private struct Receipt {
        var file: FileReceipt
        var left: Int
    }

    init(_ manifest: ProgramManifest, _ cache: BundleCache, missing: [ProgramFile]) {
        self.manifest = manifest
        self.cache = cache
        self.missing = missing.reversed()
        bytesLeft = missing.reduce(0) { $0 + $1.byteCount }
    }

    var isComplete: Bool { missing.isEmpty && current == nil && receipts.isEmpty }

    /// The next piece to ask for; nil when enough are on their way, or all.
    func nextPiece() throws(BundleError) -> (digest: String, offset: Int64, count: Int64)? {
        guard onTheWay < Self.window else { return nil }
        if current == nil, let file = missing.popLast() {
            receipts[file.digest] = Receipt(file: try cache.receive(file), left: file.pieceCount)
            current = (file, 0)
        }
        guard let (file, piece) = current else { return nil }
        current = piece + 1 < file.pieceCount ? (file, piece + 1) : nil
        onTheWay += 1
        return (
            file.digest, Int64(piece) * Int64(Bundle.pieceBytes), file.pieceByteCount(piece)
        )
    }

    /// Takes a piece; the last one of a file gives the file its name.
    func take(_ bytes: [UInt8], of digest: String, offset: Int64) throws(BundleError) {
        guard let receipt = receipts[digest], offset >= 0 else { return }
        onTheWay -= 1
        try receipt.file.write(member: bytes, index: Int(offset / Int64(Bundle.pieceBytes)))
        receipts[digest]?.left -= 1
        guard receipt.left == 1 else { return }
        try receipt.file.finish()
        bytesLeft -= receipt.file.file.byteCount
        receipts[digest] = nil
    }
}
