// The command line.

/// What the program was asked for.
struct Options {
    /// A package index as text; nil: this machine's lists.
    private(set) var index: String?
    /// Cores to use; nil: all.
    private(set) var cores: Int?
    /// How many of the highest packages are printed.
    private(set) var top = 20
    /// Whether one JSON object is printed and nothing else.
    private(set) var isJSON = false
    private(set) var wantsHelp = false

    static let usage = """
        usage: DebianRank [--index FILE] [--cores N] [--top N] [--json]

        Ranks Debian's packages by PageRank over Depends and Pre-Depends, on this machine, or on the
        cluster that `swoop up` brought up.

          --index FILE   a package index as text; without it the lists of this machine's apt
          --cores N      cores to use; without it all
          --top N        how many of the highest packages are printed; 20
          --json         one JSON object on standard output
        """

    init(_ arguments: some Sequence<String>) throws {
        var rest = arguments.flatMap(Self.parted)[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--index":
                guard let file = rest.popFirst() else {
                    throw OptionError.missing("--index", "a file")
                }
                index = file
            case "--cores": cores = try Self.number(of: argument, &rest)
            case "--top": top = try Self.number(of: argument, &rest)
            case "--json": isJSON = true
            case "--help", "-h": wantsHelp = true
            default: throw OptionError.unknown(argument)
            }
        }
    }

    /// `--top=5` as `--top 5`.
    private static func parted(_ argument: String) -> [String] {
        guard argument.hasPrefix("--"), let sign = argument.firstIndex(of: "=") else {
            return [argument]
        }
        return [String(argument[..<sign]), String(argument[argument.index(after: sign)...])]
    }

    private static func number(of option: String, _ rest: inout ArraySlice<String>) throws -> Int {
        guard let text = rest.popFirst(), let number = Int(text), number > 0, number <= 100_000
        else {
            throw OptionError.missing(option, "a number above 0")
        }
        return number
    }
}

/// What is wrong with the command line.
enum OptionError: Error, CustomStringConvertible {
    case missing(String, String)
    case unknown(String)

    var description: String {
        switch self {
        case .missing(let option, let what): "\(option) needs \(what)"
        case .unknown(let argument): "there is no option \(argument)"
        }
    }
}
