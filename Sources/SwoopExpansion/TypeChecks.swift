// What a macro can tell from a type's spelling: that it can never travel to another process.

import SwiftSyntax

/// The first part of `type` that cannot travel, and why.
///
/// - Parameter isField: whether it is a field of a record, which must be a column.
func obstacle(in type: TypeSyntax, isField: Bool = false) -> (Syntax, MacroMessage)? {
    let finder = ObstacleFinder(viewMode: .sourceAccurate)
    finder.isField = isField
    finder.walk(type)
    return finder.found
}

private final class ObstacleFinder: SyntaxVisitor {
    var found: (Syntax, MacroMessage)?
    var isField = false

    private func find(_ node: some SyntaxProtocol, _ message: MacroMessage)
        -> SyntaxVisitorContinueKind
    {
        if found == nil { found = (Syntax(node), message) }
        return .skipChildren
    }

    override func visit(_ node: FunctionTypeSyntax) -> SyntaxVisitorContinueKind {
        find(node, .functionType)
    }

    override func visit(_ node: SomeOrAnyTypeSyntax) -> SyntaxVisitorContinueKind {
        find(node, .opaqueType)
    }

    override func visit(_ node: TupleTypeSyntax) -> SyntaxVisitorContinueKind {
        // `(Int)` is no tuple; a function inside a tuple is the more telling reason.
        if node.elements.count == 1 { return .visitChildren }
        for element in node.elements {
            if let inner = obstacle(in: element.type), inner.1 == .functionType {
                return find(inner.0, inner.1)
            }
        }
        return find(node, .tupleType)
    }

    override func visit(_ node: DictionaryTypeSyntax) -> SyntaxVisitorContinueKind {
        isField ? find(node, .recordDictionary) : .visitChildren
    }

    override func visit(_ node: IdentifierTypeSyntax) -> SyntaxVisitorContinueKind {
        let name = node.name.text
        if name == "Any" || name == "AnyObject" { return find(node, .opaqueType) }
        if name.hasPrefix("Unsafe") || name == "OpaquePointer" { return find(node, .unsafePointer) }
        if isField {
            switch name {
            case "Character": return find(node, .recordCharacter)
            case "Dictionary" where node.genericArgumentClause != nil:
                return find(node, .recordDictionary)
            case "Set" where node.genericArgumentClause != nil: return find(node, .recordSet)
            default: break
            }
        }
        return .visitChildren
    }
}
