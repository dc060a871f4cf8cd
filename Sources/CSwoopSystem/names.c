// The memory of swoop_names.h: static, so that it lies inside the program's image.
#include "swoop_names.h"

static char area[SWOOP_NAME_AREA_BYTES];

char *swoop_name_area(void) { return area; }
