#!/bin/sh
# Makes the font of the official forms from Noto Serif CJK SC (Debian package fonts-noto-cjk, version 20220127).
#
#   pip install fonttools==4.60.1 brotli==1.1.0
#   sh make.sh NotoSerifCJK-Regular.ttc jieli-forms-serif.otf.br
#
# Kept: Latin, Greek, Cyrillic, Kana, signs, punctuation, all of CJK Unified Ideographs and Extension A that the face has,
# and the 2,306 rarer ideographs it maps beyond. Dropped: hints, layout features, vertical metrics, Hangul.
# Subroutines are dissolved: the file grows, but its Brotli form shrinks, and cutting a document's subset gets cheaper.
# The source declares no Reserved Font Name; but Noto is a trademark, so that the result goes by a name of its own.
set -eu
source=$1 target=$2
plain=$(mktemp)
trap 'rm -f "$plain"' EXIT

pyftsubset "$source" --font-number=2 --output-file="$plain" \
  --unicodes="U+0020-007E,U+00A0-017F,U+01CD-01DC,U+0391-03C9,U+0401,U+0410-0451,U+2010-2027,U+2030-205E,U+2100-218F,U+2190-22FF,U+2460-24FF,U+2500-257F,U+25A0-2642,U+3000-30FF,U+3200-33FF,U+3400-4DBF,U+4E00-9FFF,U+F900-FAFF,U+FE30-FE4F,U+FF00-FFEF,U+20000-3FFFF" \
  --no-hinting --desubroutinize --layout-features='' --notdef-outline --name-IDs='0,1,2,3,4,5,6,13,14' \
  --drop-tables+=vhea,vmtx,VORG,BASE,GSUB,GPOS,GDEF,DSIG

python3 - "$plain" "$target" <<'PYTHON'
import sys

import brotli
from fontTools.ttLib import TTFont

plain, target = sys.argv[1:]
font = TTFont(plain, recalcTimestamp=False)
for record in font["name"].names:
    new = {1: "Jieli Forms Serif", 3: "2.001;JieliFormsSerif-Regular", 4: "Jieli Forms Serif", 6: "JieliFormsSerif-Regular"}.get(record.nameID)
    if new:
        record.string = new
cff = font["CFF "].cff
cff.fontNames[0] = "JieliFormsSerif-Regular"
top = cff.topDictIndex[0]
top.FullName, top.FamilyName = "Jieli Forms Serif", "Jieli Forms Serif"
font.save(plain)
with open(plain, "rb") as file:
    data = file.read()
with open(target, "wb") as file:
    file.write(brotli.compress(data, mode=brotli.MODE_FONT, quality=11, lgwin=24))
PYTHON
