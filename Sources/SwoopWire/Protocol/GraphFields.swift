// Graphs and leases as fields: ids, functions, tables of tasks, data, pieces.
// What a message of the wire consists of; how fields become bytes: FieldCoding.swift. A number that
// was given to a field is never given to another one; raise `wireVersion` in Preamble.swift when an
// older reader would misunderstand.

/// Ids of tasks: [0/1/n] halves above, n halves below (the lower halves give the number of rows).
struct ProtoTasks: WireFields {
    var high: [UInt64] = []
    var low: [UInt64] = []

    func write(to fields: inout FieldWriter) {
        fields.fixeds(1, high)
        fields.fixeds(2, low)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: try field.fixeds(into: &high)
        case 2: try field.fixeds(into: &low)
        default: try field.skip()
        }
    }
}

struct ProtoAttempts: WireFields {
    var task = ProtoTasks()
    /// [0/1/n]
    var number: [UInt32] = []

    func write(to fields: inout FieldWriter) {
        fields.message(1, task)
        fields.integers(2, number)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: task = try field.message()
        case 2: try field.integers(into: &number)
        default: try field.skip()
        }
    }
}

struct ProtoFunction: WireFields {
    var identity = ""
    var name = ""
    var fingerprint: UInt64 = 0
    /// 0 remote, 1 code, 2 type
    var code: UInt32 = 0
    /// Identity, image or mangled name
    var text = ""
    var offset: UInt64 = 0
    var isOptimised = false
    var isAsync = false
    var program = ""
    /// What each run takes, as declared; 0: nothing said.
    var memory: Int64 = 0
    var cores: UInt32 = 0
    /// Nanoseconds of a run at most; 0: any time.
    var timeLimit: Int64 = 0
    /// Of a task whose runs fail by themselves; 0 and 1: one attempt.
    var attempts: UInt32 = 0
    var pause: Int64 = 0

    func write(to fields: inout FieldWriter) {
        fields.text(1, identity)
        fields.text(2, name)
        fields.fixed(3, fingerprint)
        fields.integer(4, code)
        fields.text(5, text)
        fields.integer(6, offset)
        fields.flag(7, isOptimised)
        fields.flag(8, isAsync)
        fields.text(9, program)
        fields.integer(10, memory)
        fields.integer(11, cores)
        fields.integer(12, timeLimit)
        fields.integer(13, attempts)
        fields.integer(14, pause)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: identity = try field.text()
        case 2: name = try field.text()
        case 3: fingerprint = try field.fixed()
        case 4: code = try field.integer()
        case 5: text = try field.text()
        case 6: offset = try field.integer()
        case 7: isOptimised = try field.flag()
        case 8: isAsync = try field.flag()
        case 9: program = try field.text()
        case 10: memory = try field.integer()
        case 11: cores = try field.integer()
        case 12: timeLimit = try field.integer()
        case 13: attempts = try field.integer()
        case 14: pause = try field.integer()
        default: try field.skip()
        }
    }
}

/// Arguments are cut from the frame of argument bytes by their shapes: twice the length, and one
/// more where the bytes are a postfix program (ArgumentProgram) instead of an encoded value.
struct ProtoTaskTable: WireFields {
    var id = ProtoTasks()
    /// [0/1/n]
    var function: [UInt32] = []
    /// [0/1/n]
    var argumentCount: [UInt32] = []
    /// One per argument
    var argumentShape: [UInt64] = []
    /// [0/1/n]
    var pageCount: [UInt32] = []
    var page = ProtoTasks()
    /// [0/1/n]
    var lower: [Int64] = []
    /// [0/1/n]
    var upper: [Int64] = []
    /// [0/1/n]; 0 value, 1 page
    var output: [UInt32] = []
    /// [0/1/n]
    var featureCount: [UInt32] = []
    var feature: [Double] = []
    /// [0/1/n]; 0 all of the pages, else the part and one
    var part: [UInt32] = []

    func write(to fields: inout FieldWriter) {
        fields.message(1, id)
        fields.integers(2, function)
        fields.integers(3, argumentCount)
        fields.integers(4, argumentShape)
        fields.integers(5, pageCount)
        fields.message(6, page)
        fields.zigzags(7, lower)
        fields.zigzags(8, upper)
        fields.integers(9, output)
        fields.integers(10, featureCount)
        fields.fixeds(11, feature)
        fields.integers(12, part)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: id = try field.message()
        case 2: try field.integers(into: &function)
        case 3: try field.integers(into: &argumentCount)
        case 4: try field.integers(into: &argumentShape)
        case 5: try field.integers(into: &pageCount)
        case 6: page = try field.message()
        case 7: try field.zigzags(into: &lower)
        case 8: try field.zigzags(into: &upper)
        case 9: try field.integers(into: &output)
        case 10: try field.integers(into: &featureCount)
        case 11: try field.fixeds(into: &feature)
        case 12: try field.integers(into: &part)
        default: try field.skip()
        }
    }
}

/// Has a frame of its own: the initial state with its shape in front, then the arguments of the
/// template.
struct ProtoIteration: WireFields {
    /// Id, placeholder, result and, where there is one, until
    var id = ProtoTasks()
    var limit: UInt32 = 0
    var template = ProtoTaskTable()

    func write(to fields: inout FieldWriter) {
        fields.message(1, id)
        fields.integer(2, limit)
        fields.message(3, template)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: id = try field.message()
        case 2: limit = try field.integer()
        case 3: template = try field.message()
        default: try field.skip()
        }
    }
}

struct ProtoDataTable: WireFields {
    var id = ProtoTasks()
    /// [0/1/n]
    var output: [UInt32] = []
    /// [0/1/n]
    var byteCount: [Int64] = []

    func write(to fields: inout FieldWriter) {
        fields.message(1, id)
        fields.integers(2, output)
        fields.zigzags(3, byteCount)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: id = try field.message()
        case 2: try field.integers(into: &output)
        case 3: try field.zigzags(into: &byteCount)
        default: try field.skip()
        }
    }
}

/// Followed by the frame of argument bytes, a frame per iteration and a frame per row of data.
struct ProtoSubmission: WireFields {
    var function: [ProtoFunction] = []
    var tasks = ProtoTaskTable()
    var iteration: [ProtoIteration] = []
    var data = ProtoDataTable()
    var held = ProtoTasks()
    /// Attempts at a task that fails by itself; 0: one.
    var attempts: UInt32 = 0
    /// Nanoseconds before the second one.
    var pause: Int64 = 0
    var kept: [ProtoKeptUse] = []

    func write(to fields: inout FieldWriter) {
        fields.messages(1, function)
        fields.message(2, tasks)
        fields.messages(3, iteration)
        fields.message(4, data)
        fields.message(5, held)
        fields.integer(6, attempts)
        fields.integer(7, pause)
        fields.messages(8, kept)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: function.append(try field.message())
        case 2: tasks = try field.message()
        case 3: iteration.append(try field.message())
        case 4: data = try field.message()
        case 5: held = try field.message()
        case 6: attempts = try field.integer()
        case 7: pause = try field.integer()
        case 8: kept.append(try field.message())
        default: try field.skip()
        }
    }
}

/// Followed by the frame of argument bytes and the frame of inline inputs.
struct ProtoPiece: WireFields {
    var id: UInt64 = 0
    var firstFunction: UInt32 = 0
    var function: [ProtoFunction] = []
    var tasks = ProtoTaskTable()
    /// [0/1/n]
    var attempt: [UInt32] = []
    /// [0/1/n]
    var rank: [Int64] = []
    /// [0/1/n]
    var isIsolated: [UInt32] = []
    /// [0/1/n]
    var inputCount: [UInt32] = []
    var input = ProtoTasks()
    /// Per input: 0 pending, 1 stored, else length + 2
    var inputSource: [UInt64] = []
    /// Per part of a stored input
    var inputByteCount: [Int64] = []
    /// Per stored input
    var inputNodeCount: [UInt32] = []
    var inputNode: [UInt32] = []
    /// Per stored input
    var inputPartCount: [UInt32] = []
    /// Per part of a stored input
    var inputElementCount: [Int64] = []
    /// The same
    var inputChecksum: [UInt64] = []
    /// [0/1/n], per input
    var inputIsSlice: [UInt32] = []
    /// Per slice
    var sliceTask = ProtoTasks()
    /// The same
    var sliceOffset: [Int64] = []
    /// The same
    var sliceWholeByteCount: [Int64] = []
    /// [0/1/n], per input
    var inputIsShared: [UInt32] = []

    func write(to fields: inout FieldWriter) {
        fields.integer(1, id)
        fields.integer(2, firstFunction)
        fields.messages(3, function)
        fields.message(4, tasks)
        fields.integers(5, attempt)
        fields.zigzags(6, rank)
        fields.integers(7, isIsolated)
        fields.integers(8, inputCount)
        fields.message(9, input)
        fields.integers(10, inputSource)
        fields.zigzags(11, inputByteCount)
        fields.integers(12, inputNodeCount)
        fields.integers(13, inputNode)
        fields.integers(14, inputPartCount)
        fields.zigzags(15, inputElementCount)
        fields.fixeds(16, inputChecksum)
        fields.integers(17, inputIsSlice)
        fields.message(18, sliceTask)
        fields.zigzags(19, sliceOffset)
        fields.zigzags(20, sliceWholeByteCount)
        fields.integers(21, inputIsShared)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: id = try field.integer()
        case 2: firstFunction = try field.integer()
        case 3: function.append(try field.message())
        case 4: tasks = try field.message()
        case 5: try field.integers(into: &attempt)
        case 6: try field.zigzags(into: &rank)
        case 7: try field.integers(into: &isIsolated)
        case 8: try field.integers(into: &inputCount)
        case 9: input = try field.message()
        case 10: try field.integers(into: &inputSource)
        case 11: try field.zigzags(into: &inputByteCount)
        case 12: try field.integers(into: &inputNodeCount)
        case 13: try field.integers(into: &inputNode)
        case 14: try field.integers(into: &inputPartCount)
        case 15: try field.zigzags(into: &inputElementCount)
        case 16: try field.fixeds(into: &inputChecksum)
        case 17: try field.integers(into: &inputIsSlice)
        case 18: sliceTask = try field.message()
        case 19: try field.zigzags(into: &sliceOffset)
        case 20: try field.zigzags(into: &sliceWholeByteCount)
        case 21: try field.integers(into: &inputIsShared)
        default: try field.skip()
        }
    }
}
