# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False, cdivision=True
"""Reed-Solomon codes of CCSDS 131.0 over GF(2^8), field polynomial x^8+x^7+x^2+x+1.

The generator's roots are powers of beta = alpha^11, itself primitive: logarithms to the base beta make them consecutive, beta^(128-E) to
beta^(127+E). The encoder is a shift register of 32 (or 16) octets in words; one row of a table holds what an octet fed back adds to it.
Both bases have such a table, since the change of basis is linear. A codeword without errors is recognised by encoding it again; only
the difference of the check symbols goes through syndromes, Berlekamp and Massey, Chien and Forney. Chien's search adds whole rows of
256 octets: what a term of the locator is at every place of the codeword is a stretch of one of 46 sequences.
Bounds are not checked: indices are octets or loop limits of these sizes.
"""

from libc.stdint cimport uint8_t, uint16_t, uint64_t
from libc.string cimport memcpy, memmove, memset

# The dual-basis symbols of alpha^7 down to alpha^0 (CCSDS 131.0, annex on the Berlekamp representation, matrix T).
cdef uint8_t DUAL_OF_POWER[8]
DUAL_OF_POWER[:] = [0x8D, 0xEF, 0xEC, 0x86, 0xFA, 0x99, 0xAF, 0x7B]

cdef enum:
    NO_LOG = 1024                   # logarithm of 0: beyond every sum of two others
    SEQUENCES = 46

cdef uint8_t EXP[2 * NO_LOG + 1]    # beta^i; 0 from NO_LOG on, so that products with 0 need no question
cdef uint16_t LOG[256]
cdef uint8_t TO_DUAL[256]
cdef uint8_t FROM_DUAL[256]
cdef uint64_t FEEDBACK[2][2][256][4]    # [32 or 16 check symbols][conventional or dual][octet fed back]
cdef uint8_t TIMES_ROOT[32][256]    # products with beta^(112+j)
cdef uint8_t SEQUENCE[SEQUENCES * 512]
cdef uint16_t PLACE[17][255]        # [j][i]: where in SEQUENCE the stretch begins that holds beta^(i - j p) for p = 0, 1, 2, ...


cdef inline uint8_t times(uint8_t a, uint8_t b) noexcept nogil:
    return EXP[LOG[a] + LOG[b]]


cdef void build_field() noexcept:
    cdef unsigned int alpha[255]
    cdef unsigned int value = 1
    cdef int i
    for i in range(255):
        alpha[i] = value
        value <<= 1
        if value & 0x100:
            value ^= 0x187
    memset(EXP, 0, sizeof(EXP))
    for i in range(NO_LOG):
        EXP[i] = <uint8_t>alpha[11 * i % 255]
    LOG[0] = NO_LOG
    for i in range(255):
        LOG[EXP[i]] = <uint16_t>i


cdef void build_bases() noexcept:
    """TO_DUAL from its matrix, and the inverse by looking back."""
    cdef int symbol, k
    cdef unsigned int dual
    for symbol in range(256):
        dual = 0
        for k in range(8):
            if symbol >> (7 - k) & 1:
                dual ^= DUAL_OF_POWER[k]
        TO_DUAL[symbol] = <uint8_t>dual
        FROM_DUAL[dual] = <uint8_t>symbol


cdef void build_feedback(int code, int checks) noexcept:
    """Rows of the product of an octet with the generator polynomial, highest degree first, for both bases."""
    cdef uint8_t generator[33]      # generator[i] belongs to x^i
    cdef uint8_t conventional, product
    cdef int i, j, octet, basis
    memset(generator, 0, 33)
    generator[0] = 1
    for j in range(checks):
        for i in range(j + 1, 0, -1):
            generator[i] = generator[i - 1] ^ times(generator[i], EXP[128 - checks // 2 + j])
        generator[0] = times(generator[0], EXP[128 - checks // 2 + j])
    for basis in range(2):
        for octet in range(256):
            conventional = FROM_DUAL[octet] if basis else <uint8_t>octet
            for i in range(checks):
                product = times(conventional, generator[checks - 1 - i])
                FEEDBACK[code][basis][octet][i >> 3] |= <uint64_t>(TO_DUAL[product] if basis else product) << (8 * (i & 7))


cdef void build_roots() noexcept:
    cdef int j, symbol
    for j in range(32):
        for symbol in range(256):
            TIMES_ROOT[j][symbol] = times(<uint8_t>symbol, EXP[112 + j])


cdef void build_sequences() noexcept:
    """For each j the cycles of the exponents under steps of -j, each kept long enough to start anywhere in it and go on for 256."""
    cdef int j, first, i, made = 0, exponent
    memset(PLACE, 0xFF, sizeof(PLACE))
    for j in range(1, 17):
        for first in range(255):
            if PLACE[j][first] != 0xFFFF:
                continue
            for i in range(512):
                exponent = (first + 255 * j - j * (i % 255)) % 255
                SEQUENCE[512 * made + i] = EXP[exponent]
                if PLACE[j][exponent] == 0xFFFF:
                    PLACE[j][exponent] = <uint16_t>(512 * made + i)
            made += 1


build_field()
build_bases()
build_feedback(0, 32)
build_feedback(1, 16)
build_roots()
build_sequences()


cdef void divide(const uint8_t* data, int n, int stride, uint64_t (*rows)[4], uint64_t* register) noexcept nogil:
    """Run n symbols, `stride` octets apart, through the register: it then holds the check symbols, the first in the lowest octet."""
    cdef uint64_t a = 0, b = 0, c = 0, d = 0
    cdef const uint64_t* row
    cdef int i
    for i in range(n):
        row = rows[<uint8_t>a ^ data[0]]
        a = (a >> 8 | b << 56) ^ row[0]
        b = (b >> 8 | c << 56) ^ row[1]
        c = (c >> 8 | d << 56) ^ row[2]
        d = (d >> 8) ^ row[3]
        data += stride
    register[0] = a
    register[1] = b
    register[2] = c
    register[3] = d


cdef inline uint8_t octet_of(const uint64_t* register, int i) noexcept nogil:
    return <uint8_t>(register[i >> 3] >> (8 * (i & 7)))


cdef void rs_encode(const uint8_t* frame, uint8_t* codeblock, int length, int depth, int checks, bint dual) noexcept nogil:
    cdef uint64_t register[4]
    cdef uint8_t* checked = codeblock + (length - checks) * depth
    cdef int lane, i
    if codeblock != frame:
        memmove(codeblock, frame, (length - checks) * depth)
    for lane in range(depth):
        divide(codeblock + lane, length - checks, depth, FEEDBACK[checks == RS_PARITY_SHORT][dual], register)
        for i in range(checks):
            checked[i * depth + lane] = octet_of(register, i)


cdef bint find_syndromes(const uint8_t* remainder, int checks, uint8_t* syndromes) noexcept nogil:
    """The remainder (conventional symbols, highest degree first) at every root. False when all are zero."""
    cdef int i, j
    cdef uint8_t any_set = 0
    cdef int first = 16 - checks // 2
    memset(syndromes, 0, checks)
    for i in range(checks):
        for j in range(checks):
            syndromes[j] = TIMES_ROOT[first + j][syndromes[j]] ^ remainder[i]
    for j in range(checks):
        any_set |= syndromes[j]
    return any_set != 0


cdef int find_locator(const uint8_t* syndromes, int checks, uint8_t* locator) noexcept nogil:
    """Berlekamp and Massey: the error locator polynomial (constant first) and its degree, or -1 above E."""
    cdef uint8_t previous[33]
    cdef uint8_t kept[33]
    cdef int length = 0, previous_length = 0, shift = 1, n, i, factor
    cdef uint8_t discrepancy, last = 1
    memset(locator, 0, 33)
    memset(previous, 0, 33)
    locator[0] = previous[0] = 1
    for n in range(checks):
        discrepancy = syndromes[n]
        for i in range(1, length + 1):
            discrepancy ^= times(locator[i], syndromes[n - i])
        if discrepancy == 0:
            shift += 1
            continue
        if 2 * length <= n and n + 1 - length > checks // 2:
            return -1                                   # more errors than E
        factor = (LOG[discrepancy] + 255 - LOG[last]) % 255
        memcpy(kept, locator, 33)
        for i in range(previous_length + 1):
            locator[i + shift] ^= EXP[factor + LOG[previous[i]]]
        if 2 * length <= n:
            previous_length = length
            length = n + 1 - length
            memcpy(previous, kept, 33)
            last = discrepancy
            shift = 1
        else:
            shift += 1
    return length


cdef int find_positions(const uint8_t* locator, int degree, int* powers) noexcept nogil:
    """Chien's search: the powers of x that are in error, and how many were found; it stops at one more than `degree`."""
    cdef uint64_t sum[32]
    cdef uint64_t part
    cdef const uint8_t* stretch
    cdef const uint8_t* octets = <const uint8_t*>sum
    cdef int found = 0, j, k, power
    memset(sum, 1, sizeof(sum))
    for j in range(1, degree + 1):
        if locator[j] == 0:
            continue
        stretch = SEQUENCE + PLACE[j][LOG[locator[j]]]
        for k in range(32):
            memcpy(&part, stretch + 8 * k, 8)
            sum[k] ^= part
    for k in range(32):
        if not (sum[k] - 0x0101010101010101u) & ~sum[k] & 0x8080808080808080u:
            continue                                    # no octet of the eight is zero
        for power in range(8 * k, 8 * k + 8 if k < 31 else RS_BLOCK):
            if octets[power] == 0:
                if found == degree:
                    return found + 1
                powers[found] = power
                found += 1
    return found


cdef void find_evaluator(const uint8_t* syndromes, const uint8_t* locator, int degree, uint8_t* evaluator) noexcept nogil:
    """The product of syndromes and locator, cut below x^degree."""
    cdef int i, k
    for i in range(degree):
        evaluator[i] = 0
        for k in range(i + 1):
            evaluator[i] ^= times(locator[k], syndromes[i - k])


cdef uint8_t find_value(const uint8_t* evaluator, const uint8_t* locator, int degree, int first_root, int power) noexcept nogil:
    """Forney: what was added to the symbol at x^power; the derivative of the locator has its odd terms alone."""
    cdef uint8_t numerator = 0, derivative = 0
    cdef int inverse = (255 - power) % 255, exponent = 0, i
    for i in range(degree):
        numerator ^= EXP[LOG[evaluator[i]] + exponent]
        if i & 1 == 0:
            derivative ^= EXP[LOG[locator[i + 1]] + exponent]
        exponent += inverse
        if exponent >= 255:
            exponent -= 255
    if numerator == 0 or derivative == 0:
        return 0
    return EXP[(LOG[numerator] + 255 - LOG[derivative] + (first_root - 1) * inverse) % 255]     # X^(1 - first root)


cdef int correct(uint8_t* block, int length, int stride, int checks, const uint64_t* register, bint dual) noexcept nogil:
    """Correct a codeword whose check symbols differ from those in the register."""
    cdef uint8_t remainder[32]
    cdef uint8_t syndromes[32]
    cdef uint8_t evaluator[16]
    cdef uint8_t locator[33]
    cdef uint8_t values[16]
    cdef int powers[17]
    cdef int degree, i
    cdef uint8_t symbol
    for i in range(checks):
        symbol = octet_of(register, i) ^ block[(length - checks + i) * stride]
        remainder[i] = FROM_DUAL[symbol] if dual else symbol
    if not find_syndromes(remainder, checks, syndromes):
        return 0
    degree = find_locator(syndromes, checks, locator)
    if degree <= 0 or find_positions(locator, degree, powers) != degree:
        return -1
    find_evaluator(syndromes, locator, degree, evaluator)
    for i in range(degree):
        values[i] = find_value(evaluator, locator, degree, 128 - checks // 2, powers[i])
        if values[i] == 0 or powers[i] >= length:       # the virtual fill cannot be wrong
            return -1
    for i in range(degree):
        block[(length - 1 - powers[i]) * stride] ^= TO_DUAL[values[i]] if dual else values[i]
    return degree


cdef int decode_lane(uint8_t* block, int length, int stride, int checks, bint dual) noexcept nogil:
    cdef uint64_t register[4]
    cdef int i
    divide(block, length - checks, stride, FEEDBACK[checks == RS_PARITY_SHORT][dual], register)
    for i in range(checks):
        if octet_of(register, i) != block[(length - checks + i) * stride]:
            return correct(block, length, stride, checks, register, dual)
    return 0


cdef int rs_decode(uint8_t* codeblock, int length, int depth, int checks, bint dual) noexcept nogil:
    cdef int lane, corrected, total = 0
    for lane in range(depth):
        corrected = decode_lane(codeblock + lane, length, depth, checks, dual)
        if corrected < 0:
            return -1
        total += corrected
    return total


def bases() -> tuple[bytes, bytes]:
    """The change of basis as tables: conventional to dual, dual to conventional."""
    return bytes(<bytes>(<char*>TO_DUAL)[:256]), bytes(<bytes>(<char*>FROM_DUAL)[:256])


cdef int check_code(int checks) except -1:
    if checks != RS_PARITY and checks != RS_PARITY_SHORT:
        raise ValueError(f"{checks} check symbols: CCSDS 131.0 has 32 and 16")
    return 0


cdef int check_shape(Py_ssize_t octets, int depth, int fill, int overhead) except -1:
    """Symbols of a codeword as sent. `overhead`: check symbols that the octets do not hold."""
    if not 1 <= depth <= RS_MAX_INTERLEAVE:
        raise ValueError(f"interleaving depth {depth} is not 1 to {RS_MAX_INTERLEAVE}")
    if not 0 <= fill < RS_BLOCK - RS_PARITY:
        raise ValueError(f"virtual fill of {fill} symbols a codeword is not 0 to {RS_BLOCK - RS_PARITY - 1}")
    if octets != (RS_BLOCK - fill - overhead) * depth:
        raise ValueError(f"{octets} octets, where depth {depth} and fill {fill} need {(RS_BLOCK - fill - overhead) * depth}")
    return RS_BLOCK - fill


def encode(const unsigned char[::1] message not None, bint dual=True, int check_symbols=RS_PARITY) -> bytes:
    """Check symbols of one codeword. A shorter message stands behind virtual fill of zeros; 16 check symbols are the E = 8 code."""
    check_code(check_symbols)
    if not 0 < message.shape[0] <= RS_BLOCK - check_symbols:
        raise ValueError(f"a message of {message.shape[0]} symbols does not fit RS(255,{RS_BLOCK - check_symbols})")
    cdef uint8_t word[RS_BLOCK]
    cdef int n = <int>message.shape[0]
    rs_encode(&message[0], word, n + check_symbols, 1, check_symbols, dual)
    return bytes((<char*>word)[n:n + check_symbols])


def decode(const unsigned char[::1] block not None, bint dual=True, int check_symbols=RS_PARITY) -> tuple[bytes, int]:
    """One codeword of 255 symbols, corrected, and how many symbols that took, or -1. A shorter one stands behind virtual fill."""
    return decode_block(block, 1, dual, check_symbols, RS_BLOCK - block.shape[0])


def encode_block(const unsigned char[::1] frame not None, int depth=5, bint dual=True, int check_symbols=RS_PARITY, int fill=0) -> bytes:
    """The codeblock of a frame of (255 - check_symbols - fill) `depth` octets."""
    check_code(check_symbols)
    cdef int length = check_shape(frame.shape[0], depth, fill, check_symbols)
    cdef uint8_t codeblock[RS_BLOCK * RS_MAX_INTERLEAVE]
    with nogil:
        rs_encode(&frame[0], codeblock, length, depth, check_symbols, dual)
    return bytes((<char*>codeblock)[:length * depth])


def decode_block(const unsigned char[::1] codeblock not None, int depth=5, bint dual=True, int check_symbols=RS_PARITY,
                 int fill=0) -> tuple[bytes, int]:
    """The codeblock of (255 - fill) `depth` octets, corrected, and how many symbols that took, or -1: then as it came."""
    check_code(check_symbols)
    cdef int length = check_shape(codeblock.shape[0], depth, fill, 0)
    cdef uint8_t corrected[RS_BLOCK * RS_MAX_INTERLEAVE]
    cdef int count
    memcpy(corrected, &codeblock[0], length * depth)
    with nogil:
        count = rs_decode(corrected, length, depth, check_symbols, dual)
    return (bytes((<char*>corrected)[:length * depth]) if count >= 0 else bytes(codeblock)), count
