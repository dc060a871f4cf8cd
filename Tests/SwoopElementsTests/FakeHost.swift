// The worker's side of a call, for tests: gives out strides, regions and windows as a test wants
// them.

import SwoopElements

@safe final class FakeHost: _CallHost {
    /// The lengths of the strides to answer with, over and over.
    var strides = [1, 7, 1000]
    /// Called at each stride's end with the position; may lower the end.
    var onStride: (_ position: Int, _ end: inout Int) throws -> Void = { _, _ in }
    /// Called where a long step looks whether the run is cancelled.
    var onCheck: () throws -> Void = {}
    /// The run's file.
    var file: [UInt8] = []
    /// How many bytes of it were lent, and how many at once at most.
    private(set) var textRead = (sum: 0, most: 0)
    private(set) var strideCount = 0
    private(set) var pages: [UnsafeMutableRawBufferPointer] = unsafe []
    private(set) var elementCounts: [Int] = []
    private var regions: [UnsafeMutableRawBufferPointer] = unsafe []
    private var windows: [UnsafeMutableRawBufferPointer] = unsafe []
    private var scratches: [UnsafeMutableRawBufferPointer] = unsafe []

    deinit {
        let all = unsafe regions + windows + scratches
        for index in unsafe all.indices { unsafe all[index].deallocate() }
    }

    func strideEnded(at position: Int, elements: Int, end: inout Int) throws -> Int {
        strideCount += 1
        try onStride(position, &end)
        return strides[strideCount % strides.count]
    }

    func checkCancellation() throws { try onCheck() }

    func pageRegion(parts: [_PageSize]) throws -> UnsafeMutableRawBufferPointer {
        let byteCount = parts.reduce(0) { $0 + $1.byteCount }
        let region = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
        unsafe region.initializeMemory(as: UInt8.self, repeating: 0xa5)
        unsafe regions.append(region)
        var offset = 0
        for part in parts {
            let end = offset + part.byteCount
            unsafe pages.append(
                UnsafeMutableRawBufferPointer(rebasing: region[offset..<end]))
            elementCounts.append(part.count)
            offset = end
        }
        return unsafe region
    }

    func scratch(byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
        let region = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
        if let old = unsafe scratches.last { unsafe region.copyMemory(from: .init(old)) }
        unsafe scratches.append(region)
        return unsafe region
    }

    func text(from start: Int, to end: Int) throws -> _TextWindow {
        let window = window(from: start, to: max(start, min(file.count, end)))
        textRead.sum += window.end - window.start
        textRead.most = max(textRead.most, window.end - window.start)
        return window
    }

    /// A window over a copy of the bytes, so that reading beyond it is reading elsewhere.
    func window(from start: Int, to end: Int) -> _TextWindow {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: end - start, alignment: 1)
        unsafe copy.copyBytes(from: file[start..<end])
        unsafe windows.append(copy)
        return unsafe _TextWindow(bytes: UnsafeRawBufferPointer(copy), start: start)
    }

    /// The pages as inputs of a further run.
    func inputs() -> [_InputPage] {
        var first = 0
        return unsafe zip(pages, elementCounts).map { page, count in
            defer { first += count }
            return unsafe _InputPage(bytes: UnsafeRawBufferPointer(page), firstElement: first)
        }
    }
}

/// Runs a kernel over borrowed fields and arguments and gives back the context.
func run(
    _ kernel: any _Kernel.Type, fields: [UInt8] = [], arguments: [UInt8] = [],
    range: Range<Int> = 0..<0, sourceEnd: Int = .max, leafBase: Int = 0,
    inputs: [_InputPage] = [], otherInputs: [_InputPage] = [], text: _TextWindow? = nil,
    pageByteCountTarget: Int = 4096, host: FakeHost = FakeHost()
) throws -> _CallContext {
    try unsafe fields.withUnsafeBytes { fields in
        try unsafe arguments.withUnsafeBytes { arguments in
            var context = unsafe _CallContext(
                fields: fields, arguments: arguments, range: range, sourceEnd: sourceEnd,
                leafBase: leafBase, inputs: inputs, text: text,
                pageByteCountTarget: pageByteCountTarget, host: host)
            context.otherInputs = otherInputs
            try kernel.run(&context)
            return context
        }
    }
}
